package rules

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

// Reference is the manual of the rule file, in Markdown: what terms mean, then
// every key of every mapping, from the same table that the loader reads by.
func Reference() []byte {
	var b bytes.Buffer
	b.WriteString(referenceIntro)
	all := kinds()
	b.WriteString("## Contents\n\n")
	for _, k := range all {
		fmt.Fprintf(&b, "- [%s](#%s)\n", heading(k), strings.ReplaceAll(strings.ToLower(heading(k)), " ", "-"))
	}
	for _, k := range all {
		writeKind(&b, k)
	}
	return b.Bytes()
}

//go:embed reference_intro.md
var referenceIntro string

func heading(k *kindSpec) string {
	if k.name == "root" {
		return "The file"
	}
	return strings.ToUpper(k.name[:1]) + k.name[1:]
}

func writeKind(b *bytes.Buffer, k *kindSpec) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", heading(k), k.help)
	b.WriteString("| key | value | default | what it does |\n|---|---|---|---|\n")
	for _, f := range k.keys {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.name, cell(f.shape.words()), fallback(f), cell(f.help))
	}
	b.WriteString("\n```yaml\n")
	for _, f := range k.keys {
		fmt.Fprintf(b, "%s: %s\n", f.name, f.example)
	}
	b.WriteString("```\n")
}

func fallback(f fieldSpec) string {
	switch {
	case len(f.unless) > 0:
		return "required, or " + strings.Join(f.unless, " or ")
	case f.required:
		return "required"
	case f.def == "{}":
		return "its keys' defaults"
	case f.def != "":
		return "`" + cell(f.def) + "`"
	case f.absent != "":
		return f.absent
	}
	return ""
}

// cell keeps a bar from ending a table's cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
