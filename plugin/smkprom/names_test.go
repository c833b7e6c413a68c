package smkprom_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/plugin/smkprom"
)

var update = flag.Bool("update", false, "write the table of README.md")

// The files that use the metrics.
const (
	boardFile  = "grafana/smk.json"
	alertsFile = "alerts/smk.yml"
	readmeFile = "README.md"
)

// exported returns what a bot with everything exports: values of labels by metric.
func exported(t *testing.T) (all map[string]*dto.MetricFamily) {
	t.Helper()
	withBot(t, recorded(t), func(t *testing.T, b *bot) { all = gather(t, b) })
	return all
}

// TestNamesExist: every metric that the board, the alerts and the README name is exported, with the values of labels
// that they ask for; and the board or the alerts use most of them.
func TestNamesExist(t *testing.T) {
	all := exported(t)
	used := make(map[string]bool)
	name := regexp.MustCompile(`smk_[a-z_]*[a-z]`)
	selector := regexp.MustCompile(`(smk_[a-z_]*[a-z])\{([^}]*)\}`)
	equal := regexp.MustCompile(`(\w+)\\?=\\?"([^"\\]+)\\?"`)
	for _, file := range []string{boardFile, alertsFile, readmeFile} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := name.FindAllString(string(content), -1)
		if len(found) < 20 {
			t.Errorf("%s names %d metrics: the reading is broken", file, len(found))
		}
		for _, n := range found {
			if n = familyOf(n, all); all[n] == nil {
				t.Errorf("%s: there is no metric %s", file, n)
			}
			used[n] = used[n] || file != readmeFile
		}
		for _, s := range selector.FindAllStringSubmatch(string(content), -1) {
			for _, label := range equal.FindAllStringSubmatch(s[2], -1) {
				if f := all[familyOf(s[1], all)]; f != nil && !hasLabel(f, label[1], label[2]) {
					t.Errorf("%s: %s has no %s %q", file, s[1], label[1], label[2])
				}
			}
		}
	}
	var idle []string
	for n := range all {
		if !used[n] {
			idle = append(idle, n)
		}
	}
	if slices.Sort(idle); len(idle) > len(all)/4 {
		t.Errorf("%d of %d metrics are on no board and in no rule: %v", len(idle), len(all), idle)
	}
}

// familyOf returns the metric that a series belongs to.
func familyOf(series string, all map[string]*dto.MetricFamily) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if family, ok := strings.CutSuffix(series, suffix); ok && all[family].GetType() == dto.MetricType_HISTOGRAM {
			return family
		}
	}
	return series
}

func hasLabel(f *dto.MetricFamily, name, value string) bool {
	return slices.ContainsFunc(f.GetMetric(), func(m *dto.Metric) bool { return labelsOf(m)[name] == value })
}

// TestReadme: its table has each metric with type, labels and help, as they are exported. -update writes it.
func TestReadme(t *testing.T) {
	all := exported(t)
	var table strings.Builder
	table.WriteString("| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n")
	for _, n := range smkprom.Names() {
		f := all[n]
		if f == nil {
			t.Errorf("%s is not exported", n)
			continue
		}
		labels := []string{"account"}
		for l := range labelsOf(f.Metric[0]) {
			if l != "account" {
				labels = append(labels, l)
			}
		}
		kind := strings.ToLower(f.GetType().String())
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", n, kind, strings.Join(labels, ", "), f.GetHelp())
	}
	if len(all) != len(smkprom.Names()) {
		t.Errorf("%d metrics are exported, %d are declared", len(all), len(smkprom.Names()))
	}
	content, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics -->\n", "<!-- end of metrics -->\n"
	head, rest, ok := strings.Cut(string(content), begin)
	had, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no marks around its table", readmeFile)
	case had == table.String():
	case *update:
		if err := os.WriteFile(readmeFile, []byte(head+begin+table.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table of %s differs from what is exported: run this test with -update", readmeFile)
	}
}

// TestBoard is a board of Grafana: no two panels lie over each other, and each has a query and its own id.
func TestBoard(t *testing.T) {
	content, err := os.ReadFile(boardFile)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &board); err != nil {
		t.Fatal(err)
	}
	taken, ids := make(map[[2]int]string), make(map[int]bool)
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" || at[0] >= 24 {
					t.Fatalf("%q lies over %q", p.Title, other)
				}
				taken[at] = p.Title
			}
		}
	}
	if len(board.Panels) < 20 {
		t.Errorf("%d panels", len(board.Panels))
	}
}

// TestPromtool has promtool check the rules, the board's queries as rules, and the page of metrics, where it is
// installed. The client library's linter has checked the metrics in TestLint everywhere.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: the syntax of rules and queries is not checked here")
	}
	content, err := os.ReadFile(boardFile)
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile(`"expr": ("(?:[^"\\]|\\.)*")`).FindAllStringSubmatch(string(content), -1)
	if len(queries) < 50 {
		t.Fatalf("%d queries on the board: the reading is broken", len(queries))
	}
	rules := "groups:\n- name: board\n  rules:\n"
	for i, q := range queries {
		expr := strings.NewReplacer("$__rate_interval", "1m", "$account", ".*").Replace(q[1])
		rules += fmt.Sprintf("  - record: board:%d\n    expr: %s\n", i, expr)
	}
	rules = regexp.MustCompile(`board:(\d+)`).ReplaceAllString(rules, "board:q$1")
	board := t.TempDir() + "/board.yml"
	if err := os.WriteFile(board, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var page []byte
	withBot(t, recorded(t), func(t *testing.T, b *bot) {
		h := handlerOf(t, smkprom.AdminConfig{Collectors: []*smkprom.Collector{b.Collector}})
		page = request(h, http.MethodGet, "http://localhost/metrics").Body.Bytes()
	})
	if !bytes.Contains(page, []byte(`smk_handler_seconds_bucket{account="main",le="+Inf"}`)) {
		t.Error("the page has no classic buckets")
	}
	if promtool == "" {
		return
	}
	check := func(input []byte, arguments ...string) {
		command := exec.Command(promtool, arguments...)
		command.Stdin = bytes.NewReader(input)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}
	check(nil, "check", "rules", alertsFile)
	check(nil, "check", "rules", board)
	check(nil, "test", "rules", incompleteFor(t))
	var ours []byte // the linter of promtool does not like some names of the Go runtime
	for line := range bytes.Lines(page) {
		if bytes.Contains(line, []byte("smk_")) {
			ours = append(ours, line...)
		}
	}
	check(ours, "check", "metrics")
}

// incompleteFor writes a test of SmkIncomplete for promtool: one account is not complete any more for two days and has
// its alert all the time; one is complete again after one and a half, and has none then; one was never complete.
func incompleteFor(t *testing.T) string {
	t.Helper()
	rules, err := filepath.Abs(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "rule_files: [%q]\nevaluation_interval: 5m\ntests:\n- interval: 5m\n  input_series:\n", rules)
	for account, values := range map[string]string{
		"lost": "1x11 0x600", "again": "1x11 0x431 1x160", "never": "0x612",
	} {
		fmt.Fprintf(&text, "  - series: 'smk_account_complete{account=%q,instance=\"i\"}'\n    values: '%s'\n",
			account, values)
	}
	text.WriteString("  alert_rule_test:\n")
	for at, accounts := range map[string][]string{
		"55m": nil, "2h": {"again", "lost"}, "24h50m": {"again", "lost"}, "30h": {"again", "lost"}, "38h": {"lost"},
		"49h": {"lost"},
	} {
		fmt.Fprintf(&text, "  - {eval_time: %s, alertname: SmkIncomplete, exp_alerts: [", at)
		for _, account := range accounts {
			fmt.Fprintf(&text, "{exp_labels: {account: %s, instance: i, severity: warning}, exp_annotations: {"+
				"summary: '%s: orders or positions are not complete any more', description: %s}}, ",
				account, account, strconv.Quote(ruleText(t, "SmkIncomplete")))
		}
		text.WriteString("]}\n")
	}
	file := t.TempDir() + "/incomplete.yml"
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// ruleText returns the description of a rule.
func ruleText(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rule, _ := strings.Cut(string(content), "alert: "+name+"\n")
	_, rule, ok := strings.Cut(rule, "description: ")
	text, _, _ := strings.Cut(rule, "\n")
	if !ok {
		t.Fatalf("there is no rule %s", name)
	}
	return text
}

// TestReadmeExample: the README's bot is the one that is compiled.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```go\n")
	block, _, ok := strings.Cut(block, "```\n")
	_, body, _ := strings.Cut(string(source), "func Example() {\n")
	body = strings.TrimSuffix(strings.ReplaceAll("\n"+body, "\n\t", "\n"), "}\n")[1:]
	if !ok || block != body {
		t.Errorf("the README's bot differs from Example:\n%s\n%s", block, body)
	}
}
