package codec

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const oddsPackage = protogen.GoImportPath(module + "odds")

// typed is a type of package odds that a field has accessors for beside those of the raw value.
type typed struct {
	Name string // of the type
	New  string // function that makes it of a raw value, or an error
	Err  string // the error of a value out of range, "" if there is none to set
	Arg  string // conversion of a raw value for New
	Text string // what else the error of the getter can be
}

var (
	price    = typed{"Price", "NewPrice", "ErrPrice", "", "or odds.ErrPrice outside 1..9999"}
	quantity = typed{"Quantity", "NewQuantity", "ErrQuantity", "", "or odds.ErrQuantity beyond odds.QuantityMax"}
	side     = typed{"Side", "NewSide", "ErrSide", "int32", "or odds.ErrSide for neither side"}
	money    = typed{
		"Money", "NewMoney", "", "",
		"odds.ErrNotFinite or odds.ErrMoney; odds.NewMoney says how it rounds",
	}
)

// typedFields are the fields with such accessors, by their names.
var typedFields = map[protoreflect.Name]typed{
	"price":              price,
	"orig_price":         price,
	"executed_avg_price": price,
	"high_price":         price,
	"low_price":          price,

	"quantity":                quantity,
	"new_quantity":            quantity,
	"quantity_left":           quantity,
	"source_quantity":         quantity,
	"executed_quantity":       quantity,
	"total_executed_quantity": quantity,
	"available_quantity":      quantity,
	"executed_volume":         quantity,

	"side": side,

	"available_balance": money,
	"exposure":          money,
}

// typedAccessors writes the accessors of a field that has a type of package odds.
func (w *writer) typedAccessors(t *message, f *field) {
	o, ok := typedFields[f.Desc.Name()]
	if !ok {
		return
	}
	name, typ := f.Desc.Name(), oddsPackage.Ident(o.Name)
	raw := "m." + f.Var
	if o.Arg != "" {
		raw = o.Arg + "(" + raw + ")"
	}
	w.P("// Typed", f.Name, " returns ", name, " as an odds.", o.Name, ". The error is ErrAbsent if it is absent,")
	w.P("// ", o.Text, ".")
	w.P("func (m *", t.Name, ") Typed", f.Name, "() (", typ, ", error) {")
	w.P("if m.has&", f.Bit, " == 0 { return 0, ErrAbsent }")
	w.P("return ", oddsPackage.Ident(o.New), "(", raw, ")")
	w.P("}")
	w.P()
	if o.Err == "" {
		w.P("// SetTyped", f.Name, " sets ", name, " to the float64 nearest to v.")
		w.P("func (m *", t.Name, ") SetTyped", f.Name, "(v ", typ, ") { m.Set", f.Name, "(v.Float()) }")
		w.P()
		return
	}
	// An order must not go out at the price that its message had before.
	zero := o == price && !f.Required
	w.P("// SetTyped", f.Name, " sets ", name, " to v. If v is out of range the error is odds.", o.Err, ",")
	if zero {
		w.P("// and ", name, " is 0, which is not a price.")
	} else {
		w.P("// and ", name, " becomes absent.")
	}
	w.P("func (m *", t.Name, ") SetTyped", f.Name, "(v ", typ, ") error {")
	if zero {
		w.P("m.has |= ", f.Bit)
		w.P("if !v.Valid() {")
		w.P("m.", f.Var, " = 0")
		w.P("return ", oddsPackage.Ident(o.Err))
		w.P("}")
		w.P("m.", f.Var, " = ", f.Type, "(v)")
	} else {
		w.P("if !v.Valid() {")
		w.P("m.has &^= ", f.Bit)
		w.P("return ", oddsPackage.Ident(o.Err))
		w.P("}")
		w.P("m.", f.Var, " = ", f.Type, "(v)")
		w.P("m.has |= ", f.Bit)
	}
	w.P("return nil")
	w.P("}")
	w.P()
}
