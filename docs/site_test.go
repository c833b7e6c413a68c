package docs_test

import (
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/config"
)

// TestIndex holds that the index has every page, and that those which are read in order say which is next.
func TestIndex(t *testing.T) {
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name != "README.md" && !strings.Contains(string(content), "]("+name+")") {
			t.Errorf("the index does not have %s", name)
		}
	}
	order := regexp.MustCompile(`(?m)^\| \d \| \[([^]]+)\]\(([a-z]+\.md)\)`).FindAllStringSubmatch(string(content), -1)
	if len(order) < 6 {
		t.Fatalf("%d pages are read in order", len(order))
	}
	for i, page := range order {
		next := "Next: [the index](README.md)\n"
		if i+1 < len(order) {
			next = "Next: [" + order[i+1][1] + "](" + order[i+1][2] + ")\n"
		}
		text, err := os.ReadFile(page[2])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(text), "\n"+next) {
			t.Errorf("%s does not end with %q", page[2], next)
		}
	}
}

// events are the kinds that users meet, by their package and type.
var events = map[string][]string{
	"session": {"EventKind"},
	"order":   {"EventKind", "AnomalyKind", "Why"},
	"risk":    {"EventKind", "KillState", "Limit"},
	"quote":   {"EventKind", "Reasons"},
	"engine":  {"Cause"},
	"msg":     {"EtoLogoutReason", "OrderRejectedReason", "OrderInvalidReason"},
}

// noEvents are constants of these types that count or mean none.
var noEvents = []string{"risk.Limit", "risk.LimitNone", "risk.Limits"}

// TestTrouble holds that trouble.md has every event and every error, no others, and settings that exist; and that each
// line of its tables says what it means and what to do.
func TestTrouble(t *testing.T) {
	content, err := os.ReadFile("trouble.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, m := range codeSpan.FindAllStringSubmatch(string(content), -1) {
		named[m[1]] = true
	}
	load := importerOf(t)
	failure := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	known := make(map[string]bool)
	wanted := 0
	for _, name := range []string{"engine", "session", "order", "risk", "quote", "book", "journal", "msg"} {
		pkg, err := load.Import(packages[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range pkg.Scope().Names() {
			o := pkg.Scope().Lookup(n)
			full := name + "." + n
			if !o.Exported() || slices.Contains(noEvents, full) {
				continue
			}
			known[full] = true
			wants := false
			switch o := o.(type) {
			case *types.Const:
				of, ok := o.Type().(*types.Named)
				wants = ok && slices.Contains(events[name], of.Obj().Name())
			case *types.Var:
				wants = name != "msg" && types.Implements(o.Type(), failure)
			case *types.TypeName:
				wants = name != "msg" && (types.Implements(o.Type(), failure) ||
					types.Implements(types.NewPointer(o.Type()), failure))
			}
			if !wants {
				continue
			}
			wanted++
			if !named[full] {
				t.Errorf("%s is not explained", full)
			}
		}
	}
	if wanted < 180 {
		t.Errorf("only %d events and errors", wanted)
	}
	settings, err := config.Load("", config.Options{Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	member := regexp.MustCompile(`^(engine|session|order|risk|quote|book|journal|msg)\.[A-Z]\w*$`)
	setting := regexp.MustCompile(`^(engine|session|risk|orders|books|quotes|journal)\.[a-z_]+$`)
	for name := range named {
		if member.MatchString(name) && !known[name] {
			t.Errorf("%s does not exist", name)
		}
		if setting.MatchString(name) {
			if _, ok := settings.Origin(name); !ok {
				t.Errorf("there is no setting %s", name)
			}
		}
	}
	for i, line := range strings.Split(string(content), "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if len(cells) != 3 || strings.TrimSpace(cells[1]) == "" || strings.TrimSpace(cells[2]) == "" {
			t.Errorf("trouble.md:%d: not a name, a meaning and an advice", i+1)
		}
	}
}

// TestProtocolNames holds that protocol.md names messages and fields that there are.
func TestProtocolNames(t *testing.T) {
	page, err := os.ReadFile("protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var definitions string
	for _, name := range []string{"eto.proto", "seto.proto"} {
		text, err := os.ReadFile(filepath.Join("..", "proto", name))
		if err != nil {
			t.Fatal(err)
		}
		definitions += strings.ToLower(string(text))
	}
	seen := 0
	for _, m := range regexp.MustCompile("`([a-z]+_[a-z_0-9]+)`").FindAllStringSubmatch(string(page), -1) {
		seen++
		if !regexp.MustCompile(`\b(payload_)?` + m[1] + `\b`).MatchString(definitions) {
			t.Errorf("the protocol has no %s", m[1])
		}
	}
	if seen < 20 {
		t.Errorf("only %d names", seen)
	}
}

// TestUnit holds that the service in operating.md is the one that packages have as an example.
func TestUnit(t *testing.T) {
	page, err := os.ReadFile("operating.md")
	if err != nil {
		t.Fatal(err)
	}
	unit, err := os.ReadFile("../packaging/maker.service")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "<!-- file: maker.service -->\n```ini\n"+string(unit)+"```\n") {
		t.Error("operating.md and packaging/maker.service differ")
	}
}
