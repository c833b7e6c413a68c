package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestAliasesAreDocumented: go doc shows no fields of an alias, so the comments of Event and TapRecord list
// them, with their types, and each kind of event with its methods.
func TestAliasesAreDocumented(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	docs := make(map[string]string)
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			docs[d.Specs[0].(*ast.TypeSpec).Name.Name] = d.Doc.Text()
		}
	}
	for name, typ := range map[string]reflect.Type{
		"Event": reflect.TypeFor[engine.Event](), "TapRecord": reflect.TypeFor[engine.TapRecord](),
	} {
		doc := docs[name]
		for i := range typ.NumField() {
			f := typ.Field(i)
			kind := strings.NewReplacer("uint8", "byte").Replace(f.Type.String())
			line := regexp.MustCompile(`(?m)^\t(\w+, )*` + f.Name + `(, \w+)*\s+` + regexp.QuoteMeta(kind) + `\s+\S`)
			if !line.MatchString(doc) {
				t.Errorf("%s.%s, a %s, is not in the comment", name, f.Name, kind)
			}
		}
	}
	for kind := session.Message; kind.String() != "unknown kind"; kind++ {
		words := strings.Fields(kind.String())
		for i, w := range words {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
		constant := strings.Join(words, "")
		method := regexp.MustCompile(`(?m)^\t` + constant + `\s+(On\w+)`).FindStringSubmatch(docs["Event"])
		if method == nil {
			t.Errorf("the kind %s is not in the comment", constant)
			continue
		}
		if _, ok := reflect.TypeFor[*engine.Engine]().MethodByName(method[1]); !ok {
			t.Errorf("%s: Engine has no method %s", constant, method[1])
		}
	}
}
