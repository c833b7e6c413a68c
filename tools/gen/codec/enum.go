package codec

import (
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const slogPackage = protogen.GoImportPath("log/slog")

// valueName is the Go constant of an enum value: the words of its name, which already open with
// the enum's subject.
func valueName(v protoreflect.EnumValueDescriptor) string {
	var b strings.Builder
	b.WriteString(prefix(v))
	for word := range strings.SplitSeq(string(v.Name()), "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

func (w *writer) enum(e *protogen.Enum) {
	name := typeName(e.Desc)
	w.comment(e.Comments, string(e.Desc.Name()), name, "is an enum of the protocol.")
	w.P("type ", name, " int32")
	w.P()
	w.P("// Values of ", name, ".")
	w.P("const (")
	known := make(map[protoreflect.EnumNumber]string)
	var last protoreflect.EnumNumber
	for _, v := range e.Values {
		if c := strings.TrimRight(string(v.Comments.Leading), "\n"); c != "" {
			for line := range strings.SplitSeq(c, "\n") {
				w.P("//", line)
			}
		}
		w.P(valueName(v.Desc), " ", name, " = ", v.Desc.Number())
		known[v.Desc.Number()] = string(v.Desc.Name())
		last = max(last, v.Desc.Number())
	}
	w.P(")")
	w.P()
	table := "names" + name
	w.P("var ", table, " = [...]string{")
	dense := true
	for n := protoreflect.EnumNumber(1); n <= last; n++ {
		if known[n] == "" {
			dense = false
			continue
		}
		w.P(n, `: "`, known[n], `",`)
	}
	w.P("}")
	w.P()
	w.P("// Known reports whether the schema names the value.")
	if dense {
		w.P("func (v ", name, ") Known() bool { return uint32(v)-1 < uint32(len(", table, "))-1 }")
	} else {
		w.P("func (v ", name, ") Known() bool { return uint32(v) < uint32(len(", table, ")) && ", table, `[v] != "" }`)
	}
	w.P()
	w.P("// String returns the value's name in the schema, or ", name, "(n) for a number without a name.")
	w.P("func (v ", name, ") String() string {")
	w.P("if v.Known() { return ", table, "[v] }")
	w.P(`return "`, name, `(" + `, protogen.GoImportPath("strconv").Ident("Itoa"), `(int(v)) + ")"`)
	w.P("}")
	w.P()
	w.P("// LogValue is String, so that every handler of package slog names the value.")
	w.P("func (v ", name, ") LogValue() ", slogPackage.Ident("Value"), " { return ", slogPackage.Ident("StringValue"),
		"(v.String()) }")
	w.P()
}
