package risk

import (
	"reflect"
	"testing"
	"unsafe"
)

// TestLayout holds what there are many of to its size, and to have no pointers that the garbage collector would follow.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"sentOrder", unsafe.Sizeof(sentOrder{}), 32},
		{"Refusal", unsafe.Sizeof(Refusal{}), 32},
		{"Exposure", unsafe.Sizeof(Exposure{}), 40},
	} {
		if c.got != c.want {
			t.Errorf("%s has %d bytes, want %d", c.name, c.got, c.want)
		}
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[sentOrder](), reflect.TypeFor[Refusal](), reflect.TypeFor[Snapshot](),
		reflect.TypeFor[Result](),
	} {
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.String ||
				f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Interface || f.Type.Kind() == reflect.Map {
				t.Errorf("%v.%s has a pointer", typ, f.Name)
			}
		}
	}
}
