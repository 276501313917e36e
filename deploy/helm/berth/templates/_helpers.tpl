{{- define "berth.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "berth.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "berth.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "berth.selector" -}}
app.kubernetes.io/name: {{ include "berth.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "berth.labels" -}}
{{ include "berth.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "berth.serviceAccountName" -}}
{{- .Values.serviceAccount.create | ternary (default (include "berth.fullname" .) .Values.serviceAccount.name) (default "default" .Values.serviceAccount.name) -}}
{{- end -}}

{{- define "berth.image" -}}
{{- $repository := required "image.repository is empty: say where the image made of deploy/Dockerfile is, for example registry.example.com/berth" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* The configuration as the pods get it: that of the values, and the certificate's place. */}}
{{- define "berth.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.tls.secretName -}}
{{- $config = mergeOverwrite $config (dict "tls" (dict "cert" "/etc/berth-tls/tls.crt" "key" "/etc/berth-tls/tls.key")) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "berth.port" -}}
{{- regexFind "[0-9]+$" .Values.config.listen -}}
{{- end -}}

{{- define "berth.scheme" -}}
{{- ternary "HTTPS" "HTTP" (or (ne .Values.tls.secretName "") (hasKey .Values.config "tls")) -}}
{{- end -}}

{{/* "90s", "15m", "2h" or "1d" in seconds. */}}
{{- define "berth.seconds" -}}
{{- $unit := get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) (regexFind "[smhd]$" .) -}}
{{- mul (int (regexFind "^[0-9]+" .)) $unit -}}
{{- end -}}

{{/* Whatever is running may end, and a little more. */}}
{{- define "berth.graceSeconds" -}}
{{- $shutdown := default (dict) .Values.config.shutdown -}}
{{- $delay := include "berth.seconds" (default "0s" $shutdown.delay) | int -}}
{{- $drain := include "berth.seconds" (default "60s" $shutdown.drain) | int -}}
{{- add $delay $drain 15 -}}
{{- end -}}

{{/* Values that contradict each other, each with what to do. */}}
{{- define "berth.check" -}}
{{- if hasKey .Values.config "database" -}}
{{- fail "config.database has a password in it: put it into a Secret, and name that in database.secretName" -}}
{{- end -}}
{{- if .Values.embedded.enabled -}}
{{- if or (gt (int .Values.replicaCount) 1) .Values.autoscaling.enabled -}}
{{- fail "embedded.enabled is for one pod: set replicaCount to 1 and autoscaling.enabled to false, or use PostgreSQL and object storage (docs/scale.md)" -}}
{{- end -}}
{{- if or .Values.database.secretName (hasKey .Values.config "storage") -}}
{{- fail "embedded.enabled keeps everything on its volume: leave database.secretName and config.storage out, or set embedded.enabled to false" -}}
{{- end -}}
{{- else -}}
{{- $_ := required "database.secretName is empty: name a Secret with the address of PostgreSQL, or set embedded.enabled for one pod with a volume" .Values.database.secretName -}}
{{- $_ := required "config.storage is empty: name the bucket, for example s3://berth-blobs?region=eu-central-1, or set embedded.enabled for one pod with a volume" .Values.config.storage -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host is empty: name the host that clients use" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs is empty: name the Gateway" -}}
{{- end -}}
{{- $metrics := default (dict) .Values.config.metrics -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.serviceMonitor.basicAuthSecretName) (ne (toString $metrics.public) "true") -}}
{{- fail "serviceMonitor.enabled: /metrics wants a sign-in; name a Secret in serviceMonitor.basicAuthSecretName, or set config.metrics.public to true and keep others out with networkPolicy" -}}
{{- end -}}
{{- end -}}
