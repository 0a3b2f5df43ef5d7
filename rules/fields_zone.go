package rules

import (
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// zoneShape is a time zone by its IANA name.
type zoneShape struct{}

func (zoneShape) words() string { return "a time zone such as Europe/Vienna" }

// schema names the common zones, for completion; all but a few others have a
// slash in their names.
func (zoneShape) schema() map[string]any {
	const others = `CET|CST6CDT|Cuba|EET|EST|EST5EDT|Egypt|Eire|GB|GB-Eire|GMT|GMT[-+]?0|Greenwich|HST|Hongkong|Iceland|Iran|Israel|Jamaica|` +
		`Japan|Kwajalein|Libya|MET|MST|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROC|ROK|Singapore|Turkey|UCT|Universal|W-SU|WET|Zulu`
	return map[string]any{"anyOf": []any{
		map[string]any{"enum": strings.Fields(commonZones)},
		map[string]any{"type": "string", "pattern": "^(" + others + "|[A-Z][A-Za-z]+/.+)$"},
	}}
}

func (s zoneShape) read(r *decoder, n *yaml.Node, at spot) any {
	v, ok := r.text(n, at, s)
	if !ok {
		return nil
	}
	if v != "Local" && v != "" {
		if loc, err := time.LoadLocation(v); err == nil {
			return loc
		}
	}
	r.refuse(n, "bad-timezone", fixZone(v), "%s must be %s, not %q", at, s.words(), v)
	return nil
}

// fixZone finds the zone that was meant by a slip, or by the city alone.
func fixZone(v string) string {
	if m := regexp.MustCompile(`^(?i:utc|gmt)([+-])(\d{1,2})$`).FindStringSubmatch(v); m != nil { // POSIX counts the other way round
		if name := "Etc/GMT" + map[string]string{"+": "-", "-": "+"}[m[1]] + strings.TrimLeft(m[2], "0"); zoneExists(name) {
			return name
		}
	}
	zones := strings.Fields(commonZones)
	for _, z := range zones {
		_, city, _ := strings.Cut(z, "/")
		if strings.EqualFold(z, v) || strings.EqualFold(city, strings.ReplaceAll(v, " ", "_")) {
			return z
		}
	}
	if s := nearest(v, zones); s != "" {
		return s
	}
	spot := v[strings.LastIndex(v, "/")+1:]
	for _, z := range zones {
		_, city, _ := strings.Cut(z, "/")
		if city != "" && (strings.EqualFold(city, strings.ReplaceAll(spot, " ", "_")) || nearest(spot, []string{city}) != "") {
			return z
		}
	}
	switch strings.ToLower(spot) {
	case "wien":
		return "Europe/Vienna"
	case "kiew", "kijev":
		return "Europe/Kyiv"
	case "moskau", "msk":
		return "Europe/Moscow"
	case "cest":
		return "Europe/Berlin"
	case "eest":
		return "Europe/Kyiv"
	case "bst":
		return "Europe/London"
	case "edt", "washington":
		return "America/New_York"
	case "pdt", "pst":
		return "America/Los_Angeles"
	case "z", "utc+0", "gmt+0":
		return "UTC"
	}
	return ""
}

func zoneExists(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil
}

// commonZones are the zones to suggest; all others are accepted too.
const commonZones = `UTC Europe/Vienna Europe/Berlin Europe/London Europe/Paris Europe/Kyiv Europe/Moscow Europe/Warsaw
Europe/Rome Europe/Madrid Europe/Lisbon Europe/Dublin Europe/Brussels Europe/Amsterdam Europe/Zurich Europe/Prague
Europe/Budapest Europe/Bucharest Europe/Sofia Europe/Athens Europe/Helsinki Europe/Stockholm Europe/Oslo
Europe/Copenhagen Europe/Vilnius Europe/Riga Europe/Tallinn Europe/Minsk Europe/Istanbul Europe/Belgrade Europe/Zagreb
Europe/Chisinau America/New_York America/Chicago America/Denver America/Los_Angeles America/Toronto America/Mexico_City
America/Sao_Paulo America/Bogota America/Buenos_Aires Asia/Jerusalem Asia/Beirut Asia/Dubai Asia/Riyadh Asia/Tehran
Asia/Tbilisi Asia/Baku Asia/Yerevan Asia/Almaty Asia/Tashkent Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Dhaka
Asia/Bangkok Asia/Jakarta Asia/Singapore Asia/Manila Asia/Hong_Kong Asia/Shanghai Asia/Taipei Asia/Seoul Asia/Tokyo
Australia/Sydney Australia/Melbourne Pacific/Auckland Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi`
