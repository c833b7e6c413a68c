package msg_test

import (
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// enum is what every flat enum can do.
type enum interface {
	Known() bool
	String() string
	LogValue() slog.Value
}

// enums are the enums of all fields, by their flat type.
func enums(t *testing.T) map[reflect.Type]protoreflect.EnumDescriptor {
	t.Helper()
	found := map[reflect.Type]protoreflect.EnumDescriptor{}
	for _, k := range kinds {
		names := k.goNames()
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if f.Kind() != protoreflect.EnumKind {
				continue
			}
			typ := reflect.ValueOf(k.new()).MethodByName("Get" + names[f.Name()]).Type().Out(0)
			if f.IsList() {
				typ = typ.Elem()
			}
			found[typ] = f.Enum()
		}
	}
	return found
}

func TestEnums(t *testing.T) {
	all := enums(t)
	if want := eto.File_eto_proto.Enums().Len() + seto.File_seto_proto.Enums().Len(); len(all) != want {
		t.Errorf("%d enums, want %d", len(all), want)
	}
	for typ, descriptor := range all {
		check := func(n int32) {
			v := reflect.ValueOf(n).Convert(typ).Interface().(enum)
			named := descriptor.Values().ByNumber(protoreflect.EnumNumber(n))
			want := fmt.Sprintf("%s(%d)", typ.Name(), n)
			if named != nil {
				want = string(named.Name())
			}
			if log := v.LogValue(); log.Kind() != slog.KindString || log.String() != want {
				t.Errorf("%s %d is logged as %v, want %s", descriptor.FullName(), n, log, want)
			}
			if v.Known() != (named != nil) || v.String() != want {
				t.Errorf("%s %d: known %t, text %s, want %t, %s", descriptor.FullName(), n, v.Known(), v, named != nil,
					want)
			}
		}
		for n := int32(-2); n < 100; n++ {
			check(n)
		}
		for _, n := range []int32{math.MinInt32, math.MinInt32 + 1, math.MaxInt32} {
			check(n)
		}
		if prefix := strings.HasPrefix(typ.Name(),
			"Eto"); prefix != (descriptor.ParentFile().Package() == "smarkets.eto") {
			t.Errorf("%v is %s", typ, descriptor.FullName())
		}
	}
}
