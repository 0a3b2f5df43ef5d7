package story

import (
	"math"
	"strconv"
	"strings"
)

// amount is a number of a text.
type amount struct {
	value  float64
	said   string // as the text writes it
	tokens int    // that it takes up
	money  bool
}

// amountAt reads the number that begins at a token: 12, twelve, two dozen,
// 194,000, 194K, $1.5bn, 1,5 Milliarden Euro. What is no count is left out: 12%,
// 12:30, 3-1, 12th, and a plain year.
func (r *factReader) amountAt(tokens []token, i int) (amount, bool) {
	t := tokens[i]
	digits, sign := stripSign(t.key)
	a := amount{said: t.raw, tokens: 1, money: sign}
	value, unit, ok := parseDigits(digits, r.lang)
	if !ok {
		if value, ok = r.numberWord(tokens, i); !ok {
			return a, false
		}
	} else if unit != "" {
		factor, known := r.scaleOf(unit)
		if !known || !sign && len(unit) == 1 && unit != "k" { // 5m are metres as well
			return a, false
		}
		value *= factor
	} else if i+1 < len(tokens) && isThousands(tokens[i], tokens[i+1]) { // 2 200
		low, _ := strconv.ParseFloat(tokens[i+1].key, 64)
		value = value*1000 + low
		a.said += " " + tokens[i+1].raw
		a.tokens++
	} else if !sign && value >= 1900 && value < 2100 && len(digits) == 4 {
		return a, false
	}
	for a.tokens < 3 && i+a.tokens < len(tokens) && tokens[i+a.tokens].clause == t.clause {
		next := tokens[i+a.tokens]
		v, n := r.scale.at(tokens, i+a.tokens)
		factor, err := strconv.ParseFloat(v, 64)
		if n == 0 || err != nil || len(next.key) == 1 {
			break
		}
		value *= factor
		a.said += " " + next.raw
		a.tokens++
	}
	if end := i + a.tokens; end < len(tokens) && tokens[end].clause == t.clause {
		if _, n := r.money.at(tokens, end); n > 0 {
			a.money = true
			a.said += " " + tokens[end].raw
			a.tokens++
		}
	}
	a.value = value
	return a, value > 0
}

// isThousands says whether two tokens are one number written with a space.
func isThousands(a, b token) bool {
	isNumber := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return a.clause == b.clause && len(a.key) <= 3 && len(b.key) == 3 && isNumber(a.key) && isNumber(b.key)
}

func (r *factReader) numberWord(tokens []token, i int) (float64, bool) {
	v, n := r.number.at(tokens, i)
	if n == 0 {
		tens, ones, both := strings.Cut(tokens[i].key, "-")
		if !both {
			return 0, false
		}
		a, okA := r.numberWord([]token{{key: tens}}, 0)
		b, okB := r.numberWord([]token{{key: ones}}, 0)
		return a + b, okA && okB && a >= 20 && b < 10
	}
	value, err := strconv.ParseFloat(v, 64)
	return value, err == nil
}

func (r *factReader) scaleOf(unit string) (float64, bool) {
	v, n := r.scale.at([]token{{key: unit}}, 0)
	factor, err := strconv.ParseFloat(v, 64)
	return factor, n > 0 && err == nil
}

// stripSign takes a sign of currency off a number.
func stripSign(key string) (rest string, had bool) {
	rest = strings.TrimPrefix(key, "us")
	for _, sign := range []string{"$", "€", "£", "¥", "₴", "₽"} {
		if s, ok := strings.CutPrefix(rest, sign); ok {
			return s, true
		}
		if s, ok := strings.CutSuffix(key, sign); ok {
			return s, true
		}
	}
	return key, false
}

// parseDigits reads 1,200, 1.5 and 194k. A comma, or outside of English a point,
// before exactly three digits parts thousands.
func parseDigits(s, lang string) (value float64, unit string, ok bool) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end > 0 && (s[end] == '.' || s[end] == ',')) {
		end++
	}
	if end == 0 || end > 20 {
		return 0, "", false
	}
	digits := joinThousands(strings.TrimRight(s[:end], ".,"), ",")
	if lang != "en" {
		digits = joinThousands(digits, ".")
	}
	value, err := strconv.ParseFloat(strings.Replace(digits, ",", ".", 1), 64)
	return value, s[end:], err == nil
}

// joinThousands makes one number of groups of three digits.
func joinThousands(digits, sep string) string {
	groups := strings.Split(digits, sep)
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return digits
		}
	}
	if len(groups[0]) > 3 {
		return digits
	}
	return strings.Join(groups, "")
}

// about says whether two numbers are one, written more or less exactly: 193,812
// and 194,000 are, 8 and 12 are not. digits is how many of them must agree where
// neither is rounder.
func about(a, b float64, digits int) bool {
	n := max(digits, min(significant(a), significant(b)))
	return a == b || round(a, n) == round(b, n)
}

// significant is how many digits of a number are more than zeros at its end.
func significant(v float64) int {
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', -1, 64), "0")
	return max(1, len(strings.Trim(strings.ReplaceAll(s, ".", ""), "0")))
}

func round(v float64, digits int) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-float64(digits)+1)
	return math.Round(v/unit) * unit
}
