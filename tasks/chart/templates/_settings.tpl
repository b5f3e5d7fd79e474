{{- /* The settings as text, which is all that a ConfigMap has. Numbers of a file of values come with a fraction. */ -}}
{{- define "danm.settings" -}}
{{- $data := dict -}}
{{- range $name, $value := .Values.settings -}}
{{- $_ := set $data $name (ternary (int64 $value) $value (kindIs "float64" $value) | toString) -}}
{{- end -}}
{{- toJson $data -}}
{{- end -}}

{{- /* The name that kustomize gives the ConfigMap: another one for other settings, so that they are rolled out. It hashes an empty name. */ -}}
{{- define "danm.settingsName" -}}
{{- $content := dict "kind" "ConfigMap" "name" "" "data" (include "danm.settings" . | fromJson) -}}
{{- $hash := $content | toJson | sha256sum | trunc 10 -}}
danm-settings-{{ $hash | replace "0" "g" | replace "1" "h" | replace "3" "k" | replace "a" "m" | replace "e" "t" }}
{{- end -}}
