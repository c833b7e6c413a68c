package book

import (
	"reflect"
	"testing"
)

// TestLayout holds what there are many of to their sizes, and to have no pointers: the collector does not look at
// them.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		of   any
		want uintptr
	}{
		{contract{}, 64}, // a cache line
		{own{}, 64},
		{market{}, 64}, // a cache line
		{trades{}, 24},
		{Contract{}, 24},
		{Event{}, 16},
	} {
		is := reflect.TypeOf(c.of)
		if is.Size() != c.want {
			t.Errorf("%v has %d bytes, want %d", is, is.Size(), c.want)
		}
		if is != reflect.TypeFor[Contract]() && hasPointers(is) {
			t.Errorf("%v has pointers", is)
		}
	}
	// Nothing else in Books grows with its configuration.
	slices := 0
	for i := range reflect.TypeFor[Books]().NumField() {
		if f := reflect.TypeFor[Books]().Field(i); f.Type.Kind() == reflect.Slice {
			slices++
			if hasPointers(f.Type.Elem()) {
				t.Errorf("Books.%s has pointers", f.Name)
			}
		}
	}
	if slices != 6 {
		t.Errorf("%d slices, want 6", slices)
	}
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String, reflect.Interface, reflect.Func, reflect.Chan:
		return true
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
