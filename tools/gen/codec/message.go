package codec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// message is what the emitters need to know of one message.
type message struct {
	*protogen.Message
	Name     string // of the flat type
	Full     string // protobuf name
	Standard protogen.GoIdent
	Fields   []*field // ascending numbers
}

// field is what the emitters need to know of one field.
type field struct {
	*protogen.Field
	Name     string // in accessors
	Var      string // in the struct
	Number   int
	Tag      uint64 // number and wire type, of one element
	Type     string // Go type of one element
	Bit      string // name of the presence bit, "" if repeated
	Default  string // Go expression
	Repeated bool
	Required bool
	Redact   bool
	Limit    string // name of the limit on the count of elements
	Kind     protoreflect.Kind
}

// prefix is Eto for names of the session layer: both definitions have a Payload and a Login.
func prefix(d protoreflect.Descriptor) string {
	if d.ParentFile().Package() == "smarkets.eto" {
		return "Eto"
	}
	return ""
}

func typeName(d protoreflect.Descriptor) string {
	return prefix(d) + string(d.Name())
}

// limits are the bounds on the counts of repeated fields, by the fields' names.
var limits = map[protoreflect.FullName]string{
	"smarkets.seto.MarketQuotes.contract_quotes": "ContractsMax",
	"smarkets.seto.MarketState.contracts":        "ContractsMax",
	"smarkets.seto.ContractQuotes.bids":          "LevelsMax",
	"smarkets.seto.ContractQuotes.offers":        "LevelsMax",
	"smarkets.seto.ContractQuotes.executions":    "ExecutionsMax",
	"smarkets.seto.OrderInvalid.reasons":         "ReasonsMax",
}

func newMessage(m *protogen.Message) *message {
	t := &message{
		Message:  m,
		Name:     typeName(m.Desc),
		Full:     string(m.Desc.FullName()),
		Standard: standardIdent(m.Desc, m.GoIdent.GoName),
	}
	for _, f := range m.Fields {
		t.Fields = append(t.Fields, newField(t, f))
	}
	slices.SortFunc(t.Fields, func(a, b *field) int { return cmp.Compare(a.Number, b.Number) })
	if len(t.Fields) > 32 && !isUnion(m) {
		refuse("%s has more fields than presence bits", t.Full)
	}
	return t
}

func newField(t *message, pf *protogen.Field) *field {
	d := pf.Desc
	f := &field{
		Field:    pf,
		Name:     camel(string(d.Name())),
		Number:   int(d.Number()),
		Repeated: d.IsList(),
		Required: d.Cardinality() == protoreflect.Required,
		Redact:   d.Options().(*descriptorpb.FieldOptions).GetDebugRedact(),
		Kind:     d.Kind(),
	}
	f.Var = strings.ToLower(f.Name[:1]) + f.Name[1:]
	if f.Var == "type" {
		f.Var = "typ"
	}
	wire := protowire.VarintType
	switch f.Kind {
	case protoreflect.Uint32Kind:
		f.Type, f.Default = "uint32", "0"
	case protoreflect.Uint64Kind:
		f.Type, f.Default = "uint64", "0"
	case protoreflect.BoolKind:
		f.Type, f.Default = "bool", "false"
	case protoreflect.DoubleKind:
		f.Type, f.Default, wire = "float64", "0", protowire.Fixed64Type
	case protoreflect.EnumKind:
		f.Type, f.Default = typeName(d.Enum()), valueName(defaultValue(d))
	case protoreflect.StringKind, protoreflect.BytesKind:
		f.Type, f.Default, wire = "[]byte", "nil", protowire.BytesType
	case protoreflect.MessageKind:
		f.Type, wire = typeName(d.Message()), protowire.BytesType
	default:
		refuse("%s: kind %v is not supported", d.FullName(), f.Kind)
	}
	if d.HasDefault() {
		switch f.Kind {
		case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.BoolKind:
			f.Default = d.Default().String()
		case protoreflect.EnumKind:
		default:
			refuse("%s: default of kind %v is not supported", d.FullName(), f.Kind)
		}
	}
	f.Tag = protowire.EncodeTag(d.Number(), wire)
	if f.Repeated {
		if f.Kind != protoreflect.MessageKind && f.Kind != protoreflect.EnumKind {
			refuse("%s: repeated %v is not supported", d.FullName(), f.Kind)
		}
		f.Limit = limits[d.FullName()]
		if f.Limit == "" {
			refuse("%s: repeated field without a limit", d.FullName())
		}
	} else {
		f.Bit = "has" + t.Name + f.Name
	}
	return f
}

// defaultValue is the value of an absent enum: the stated one, or the first of the enum.
func defaultValue(d protoreflect.FieldDescriptor) protoreflect.EnumValueDescriptor {
	if d.HasDefault() {
		return d.DefaultEnumValue()
	}
	return d.Enum().Values().Get(0)
}

// camel turns a field's name into the name its accessors end in.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" && part[0] >= '0' && part[0] <= '9' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// standardIdent is the standard Go type's name in the package that the definition states.
func standardIdent(d protoreflect.Descriptor, name string) protogen.GoIdent {
	opts := d.ParentFile().Options().(*descriptorpb.FileOptions)
	return protogen.GoImportPath(opts.GetGoPackage()).Ident(name)
}

func (f *field) isText() bool {
	return f.Kind == protoreflect.StringKind || f.Kind == protoreflect.BytesKind
}

// secret reports whether the message holds a credential, itself or in a message inside.
func (t *message) secret() bool {
	return holdsSecret(t.Desc)
}

func holdsSecret(d protoreflect.MessageDescriptor) bool {
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if f.Options().(*descriptorpb.FieldOptions).GetDebugRedact() || f.Message() != nil && holdsSecret(f.Message()) {
			return true
		}
	}
	return false
}

// tagSize is the length of the field's tag.
func (f *field) tagSize() int { return protowire.SizeVarint(f.Tag) }

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

// required is an expression for the bits of all required fields, "" if there are none.
func (t *message) required() string {
	var bits []string
	for _, f := range t.Fields {
		if f.Required {
			bits = append(bits, f.Bit)
		}
	}
	return strings.Join(bits, " | ")
}
