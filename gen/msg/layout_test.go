package msg_test

import (
	"reflect"
	"slices"
	"strings"
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

// pointed are the messages that hold pointers, by the fields that are why: text is borrowed from the
// payload, elements lie in memory that is used again. All others can be kept by the million and the
// garbage collector has nothing to scan.
var pointed = map[string]string{
	"ContractQuotes":              "bids executions offers",
	"MarketQuotes":                "contractQuotes",
	"MarketState":                 "contracts reason",
	"RunningballNotification":     "details",
	"OrderInvalid":                "reasons",
	"BalanceChanged":              "reason",
	"Login":                       "cookie password username",
	"OrderCreate":                 "label",
	"OrderAccepted":               "label",
	"OrderRejected":               "label",
	"OrderCancelRejected":         "label",
	"OrderCancelReplaceRejected":  "label",
	"OrderQuantityReduceRejected": "label",
	"OrderExecuted":               "label",
	"OrderExecutedVoid":           "label",
	"OrderExecuteConfirmed":       "label",
	"OrderCancelled":              "label",
	"OrderReduced":                "label",
	"OrderVoided":                 "label",
	"OrderQuantityReduced":        "label",
	"OrderCancelReplace":          "label",
	"OrderCancelReplaceAccepted":  "label",
	"OrderPendingReplace":         "label",
	"EtoLogin":                    "session",
	"EtoLoginResponse":            "email session",
	"EtoPayload":                  "login loginResponse",
}

// TestNoPointers finds pointers in fields of the table's messages and nowhere else.
func TestNoPointers(t *testing.T) {
	found := make(map[string]bool)
	for _, k := range kinds {
		if k.isUnion() {
			continue // one value for all messages of a connection
		}
		var fields []string
		for i := range k.flat.NumField() {
			if hasPointers(k.flat.Field(i).Type) {
				fields = append(fields, k.flat.Field(i).Name)
			}
		}
		slices.Sort(fields)
		name := k.flat.Name()
		found[name] = true
		if got := strings.Join(fields, " "); got != pointed[name] {
			t.Errorf("%s: pointers in %q, want %q", name, got, pointed[name])
		}
	}
	for name := range pointed {
		if !found[name] {
			t.Errorf("%s is no message", name)
		}
	}
}

func hasPointers(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if hasPointers(typ.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return typ.Len() > 0 && hasPointers(typ.Elem())
	case reflect.Bool, reflect.Int32, reflect.Uint32, reflect.Int64, reflect.Uint64, reflect.Uint8, reflect.Float64:
		return false
	}
	return true
}
