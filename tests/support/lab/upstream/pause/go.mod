module danm.io/lab/pause

go 1.25
