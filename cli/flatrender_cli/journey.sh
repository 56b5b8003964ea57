#!/usr/bin/env bash
# A first video, with curl alone. Needs bash, curl and python3.
set -euo pipefail
api=@api@
mailbox=@mailbox@
tenant=@tenant@
json=(-H 'Content-Type: application/json')

# take A.B: a value out of the JSON on standard input
take() {
  python3 -c 'import functools, json, sys
print(functools.reduce(lambda value, key: value[key], sys.argv[1].split("."), json.load(sys.stdin)))' "$1"
}

# 1. Find the tenant, register, and verify the address with the code that was mailed.
email="demo-$(date +%s)-$RANDOM@example.com"
password="$(python3 -c 'import secrets; print(secrets.token_urlsafe(12))')"
credentials="\"tenant_slug\": \"$tenant\", \"email\": \"$email\", \"password\": \"$password\""
curl -fsS "$api/v1/tenants/by-slug/$tenant"; echo
token="$(curl -fsS "${json[@]}" "$api/v1/auth/register" \
  -d "{$credentials, \"full_name\": \"Demo User\", \"accept_terms\": true}" | take token)"
code=
for _ in $(seq 50); do
  code="$(curl -fsS "$mailbox" | python3 -c 'import json, re, sys
boxes = json.load(sys.stdin)["messages"]
mails = [mail for box in boxes.values() for mail in box] if isinstance(boxes, dict) else boxes
mine = [mail for mail in mails if sys.argv[1] in (mail.get("To") or mail["Destination"]["ToAddresses"])]
texts = [mail.get("BodyText") or mail["Body"]["text_part"] for mail in mine]
print(*re.findall(r"(?<!\d)\d{6}(?!\d)", texts[-1])[:1] if texts else "")' "$email")"
  if [ -n "$code" ]; then break; fi
  sleep 0.2
done
curl -fsS "${json[@]}" "$api/v1/auth/verify/email" -d "{\"token\": \"$token\", \"code\": \"$code\"}"; echo

# 2. Log in.
access="$(curl -fsS "${json[@]}" "$api/v1/auth/login" -d "{$credentials}" | take access_token)"
auth=(-H "Authorization: Bearer $access")

# 3. Upload the photos: announce each, post it to storage with the form that comes back, wait until it was checked.
upload() {
  local announced form=() id line status
  announced="$(curl -fsS "${auth[@]}" "${json[@]}" "$api/v1/files" \
    -d "{\"filename\": \"$(basename "$1")\", \"content_type\": \"$2\", \"size_bytes\": $(wc -c < "$1")}")"
  while IFS= read -r line; do form+=(-F "$line"); done < <(printf %s "$announced" | python3 -c 'import json, sys
for name, value in json.load(sys.stdin)["upload"]["fields"].items(): print(f"{name}={value}")')
  curl -fsS "${form[@]}" -F "file=@$1;type=$2" "$(printf %s "$announced" | take upload.url)" >&2
  id="$(printf %s "$announced" | take file.id)"
  while :; do
    status="$(curl -fsS "${auth[@]}" "$api/v1/files/$id" | take status)"
    if [ "$status" = ready ]; then break; fi
    if [ "$status" = rejected ]; then echo "$1 was rejected." >&2; return 1; fi
    sleep 0.2
  done
  printf %s "$id"
}
@uploads@

# 4. Make a project from the template.
template="$(curl -fsS "${auth[@]}" "$api/v1/templates?page_size=100" | python3 -c 'import json, sys
print(next(one["id"] for one in json.load(sys.stdin)["data"] if one["code"] == sys.argv[1]))' @template@)"
project="$(curl -fsS "${auth[@]}" "${json[@]}" "$api/v1/projects" -d @body@ | take id)"

# 5. Ask what it costs, and submit. The same Idempotency-Key and request once more would give the same job.
request=@request@
curl -fsS "${auth[@]}" "${json[@]}" "$api/v1/renders/quote" -d "$request"; echo
job="$(curl -fsS "${auth[@]}" "${json[@]}" -H "Idempotency-Key: $project" "$api/v1/renders" -d "$request" | take id)"

# 6. Wait. Live progress is on the WebSocket: @socket@?token=…
while :; do
  status="$(curl -fsS "${auth[@]}" "$api/v1/renders/$job" | take status)"
  case "$status" in completed) break ;; failed | cancelled) echo "The render $status." >&2; exit 1 ;; esac
  sleep 1
done

# 7. Download through the short-lived links.
curl -fsS -o demo-curl.mp4 "$(curl -fsS "${auth[@]}" "$api/v1/renders/$job" | take result.video_url)"
curl -fsS -o demo-curl.jpg "$(curl -fsS "${auth[@]}" "$api/v1/renders/$job" | take result.poster_url)"
ls -l demo-curl.mp4 demo-curl.jpg
