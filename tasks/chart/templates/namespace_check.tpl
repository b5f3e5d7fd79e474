{{- /* Admission policies name the namespace, so it is always the same, and comes and goes with the release. */ -}}
{{- if eq .Release.Namespace "danm-system" -}}
{{- fail "the chart makes the namespace danm-system itself: keep the release in another one, such as kube-system" -}}
{{- end -}}
