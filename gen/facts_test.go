package gen_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// facts are statements about the protocol: what a statement is about, and what it says. The tables and the compiled
// definitions are both turned into facts, and then have to say the same.
type facts map[string]string

// say adds a fact. Saying the same thing twice is an error: one of the two would be lost.
func (f facts) say(t *testing.T, about, says string) {
	t.Helper()
	if _, ok := f[about]; ok {
		t.Errorf("%s: stated twice", about)
	}
	f[about] = says
}

// beyondTables are the facts that the tables have no columns for: numbers that were withdrawn, and fields that hold
// credentials and must not be printed.
var beyondTables = facts{
	"enum smarkets.seto.PayloadType, reserved": "21 to 23",
	"message smarkets.seto.Payload, reserved":  "22 to 24",

	"message smarkets.eto.Login, field 1, redacted":         "true",
	"message smarkets.eto.LoginResponse, field 1, redacted": "true",
	"message smarkets.seto.Login, field 2, redacted":        "true",
	"message smarkets.seto.Login, field 3, redacted":        "true",
}

func TestDefinitionsEqualTables(t *testing.T) {
	want := maps.Clone(beyondTables)
	want.sayMessagesTable(t)
	want.sayEnumsTable(t)

	got := facts{}
	for _, file := range []protoreflect.FileDescriptor{eto.File_eto_proto, seto.File_seto_proto} {
		got.sayFile(t, file)
	}

	for _, about := range slices.Sorted(maps.Keys(want)) {
		if says, ok := got[about]; !ok {
			t.Errorf("%s: missing from the definitions, want %q", about, want[about])
		} else if says != want[about] {
			t.Errorf("%s: definitions say %q, want %q", about, says, want[about])
		}
	}
	for _, about := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[about]; !ok {
			t.Errorf("%s: definitions say %q, tables know nothing of it", about, got[about])
		}
	}
}

// A file that nobody listed would escape the comparison, so the registry is asked what else there is.
func TestNoOtherDefinitions(t *testing.T) {
	var paths []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if file.Package() == "smarkets" || strings.HasPrefix(string(file.Package()), "smarkets.") {
			paths = append(paths, file.Path())
		}
		return true
	})
	slices.Sort(paths)
	if want := []string{"eto.proto", "seto.proto"}; !slices.Equal(paths, want) {
		t.Errorf("compiled definitions are %q, want %q", paths, want)
	}

	entries, err := os.ReadDir("../proto")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); name != "smknats.proto" { // not the exchange's
			names = append(names, name)
		}
	}
	if want := []string{"eto.proto", "seto.proto"}; !slices.Equal(names, want) {
		t.Errorf("proto/ holds %q, want %q", names, want)
	}
}

func (f facts) sayMessagesTable(t *testing.T) {
	t.Helper()
	for _, row := range readTable(t, "testdata/messages.tsv", "package", "message", "number", "label", "type", "field",
		"default") {
		message := "message " + row["package"] + "." + row["message"]
		f[message] = "exists"
		if row["number"] == "" {
			continue // a message without fields
		}
		f.say(t, message+", field "+row["number"], fieldSays(row["label"], row["type"], row["field"], row["default"]))
	}
}

func (f facts) sayEnumsTable(t *testing.T) {
	t.Helper()
	for _, row := range readTable(t, "testdata/enums.tsv", "package", "enum", "number", "value") {
		enum := "enum " + row["package"] + "." + row["enum"]
		if _, ok := f[enum]; !ok {
			f[enum] = "starts with " + row["value"]
		}
		f.say(t, enum+", value "+row["number"], row["value"])
	}
}

func fieldSays(label, typ, name, def string) string {
	says := label + " " + typ + " " + name
	if def != "" {
		says += " = " + def
	}
	return says
}

// readTable reads a file of tab-separated columns with a heading, and fails the test unless the heading is columns.
func readTable(t *testing.T, path string, columns ...string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	var rows []map[string]string
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != len(columns) {
			t.Fatalf("%s:%d: %d columns, want %d", path, n, len(cells), len(columns))
		}
		if n == 1 {
			if !slices.Equal(cells, columns) {
				t.Fatalf("%s: heading is %q, want %q", path, cells, columns)
			}
			continue
		}
		row := make(map[string]string, len(columns))
		for i, column := range columns {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (f facts) sayFile(t *testing.T, file protoreflect.FileDescriptor) {
	t.Helper()
	about := "file " + file.Path()
	if file.Syntax() != protoreflect.Proto2 {
		f.say(t, about+", syntax", file.Syntax().String())
	}
	for i := range file.Imports().Len() {
		if path := file.Imports().Get(i).Path(); file.Path() != "seto.proto" || path != "eto.proto" {
			f.say(t, about+", import", path)
		}
	}
	for i := range file.Services().Len() {
		f.say(t, "service "+string(file.Services().Get(i).FullName()), "exists")
	}
	f.sayExtensions(t, file.Extensions())
	f.sayEnums(t, file.Enums())
	f.sayMessages(t, file.Messages())
}

func (f facts) sayExtensions(t *testing.T, extensions protoreflect.ExtensionDescriptors) {
	t.Helper()
	for i := range extensions.Len() {
		f.say(t, "extension "+string(extensions.Get(i).FullName()), "exists")
	}
}

func (f facts) sayEnums(t *testing.T, enums protoreflect.EnumDescriptors) {
	t.Helper()
	for i := range enums.Len() {
		enum := enums.Get(i)
		about := "enum " + string(enum.FullName())
		values := enum.Values()
		// In proto2 an absent field without a default of its own reads as the first value.
		f.say(t, about, "starts with "+string(values.Get(0).Name()))
		for j := range values.Len() {
			f.say(t, fmt.Sprintf("%s, value %d", about, values.Get(j).Number()), string(values.Get(j).Name()))
		}
		for j := range enum.ReservedRanges().Len() {
			numbers := enum.ReservedRanges().Get(j) // both ends belong to it
			f.say(t, about+", reserved", fmt.Sprintf("%d to %d", numbers[0], numbers[1]))
		}
		for j := range enum.ReservedNames().Len() {
			f.say(t, about+", reserved name", string(enum.ReservedNames().Get(j)))
		}
	}
}

func (f facts) sayMessages(t *testing.T, messages protoreflect.MessageDescriptors) {
	t.Helper()
	for i := range messages.Len() {
		message := messages.Get(i)
		about := "message " + string(message.FullName())
		f.say(t, about, "exists")
		f.sayFields(t, about, message.Fields())
		for j := range message.Oneofs().Len() {
			f.say(t, "oneof "+string(message.Oneofs().Get(j).FullName()), "exists")
		}
		for j := range message.ReservedRanges().Len() {
			numbers := message.ReservedRanges().Get(j) // the upper end does not belong to it
			f.say(t, about+", reserved", fmt.Sprintf("%d to %d", numbers[0], numbers[1]-1))
		}
		for j := range message.ReservedNames().Len() {
			f.say(t, about+", reserved name", string(message.ReservedNames().Get(j)))
		}
		for j := range message.ExtensionRanges().Len() {
			f.say(t, about+", extension range", fmt.Sprint(message.ExtensionRanges().Get(j)))
		}
		f.sayExtensions(t, message.Extensions())
		f.sayEnums(t, message.Enums())
		f.sayMessages(t, message.Messages())
	}
}

func (f facts) sayFields(t *testing.T, message string, fields protoreflect.FieldDescriptors) {
	t.Helper()
	for i := range fields.Len() {
		field := fields.Get(i)
		about := fmt.Sprintf("%s, field %d", message, field.Number())

		typ, def := field.Kind().String(), ""
		switch {
		case field.Enum() != nil:
			typ = string(field.Enum().FullName())
			if field.HasDefault() {
				def = string(field.DefaultEnumValue().Name())
			}
		case field.Message() != nil:
			typ = string(field.Message().FullName())
		case field.HasDefault():
			def = field.Default().String()
		}
		f.say(t, about, fieldSays(field.Cardinality().String(), typ, string(field.Name()), def))

		if field.IsPacked() {
			f.say(t, about+", packed", "true")
		}
		if options, ok := field.Options().(*descriptorpb.FieldOptions); ok && options.GetDebugRedact() {
			f.say(t, about+", redacted", "true")
		}
	}
}
