package msg_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/smk-go/smk/gen/msg"
)

// The sizes of the values that books and orders are made from. Whoever changes one changes how many
// fit a cache line, and says so here.
func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want uintptr
	}{
		{"Quote", unsafe.Sizeof(msg.Quote{}), 16},
		{"Execution", unsafe.Sizeof(msg.Execution{}), 32},
		{"OrderExecuted", unsafe.Sizeof(msg.OrderExecuted{}), 120},
		{"ContractQuotes", unsafe.Sizeof(msg.ContractQuotes{}), 24 + 3*24 + 32},
		{"ContractState", unsafe.Sizeof(msg.ContractState{}), 20},
	} {
		if test.got != test.want {
			t.Errorf("%s has %d bytes, want %d", test.name, test.got, test.want)
		}
	}
}

// No message is larger than its fields and what aligns them as a whole.
func TestNoPadding(t *testing.T) {
	for _, k := range kinds {
		sum := uintptr(0)
		for i := range k.flat.NumField() {
			sum += k.flat.Field(i).Type.Size()
		}
		align := uintptr(k.flat.Align())
		least := (sum + align - 1) / align * align
		if k.flat.Size() > least {
			t.Errorf("%s has %d bytes, its fields need %d", k.name, k.flat.Size(), least)
		}
	}
}

// Levels and trades can be kept by the thousand and the garbage collector has nothing to scan.
func TestNoPointers(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[msg.Quote](), reflect.TypeFor[msg.Execution](), reflect.TypeFor[msg.ContractState]()} {
		for i := range typ.NumField() {
			switch typ.Field(i).Type.Kind() {
			case reflect.Uint32, reflect.Int32, reflect.Uint64, reflect.Bool, reflect.Float64:
			default:
				t.Errorf("%v.%s is a %v", typ, typ.Field(i).Name, typ.Field(i).Type)
			}
		}
	}
}
