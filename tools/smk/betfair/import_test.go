package betfair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/gen/msg"
)

// TestImportNothing refuses files that have no market, and leaves no journal that looks like one.
func TestImportNothing(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "another format": "a,b\n1,2\n", "no markets": `{"op":"mcm","pt":1,"mc":[]}` + "\n",
	} {
		file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir}); !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: there is a journal: %v", name, err)
		}
	}
}

// TestImportEnds imports races whose runners are removed one after another and at the end, with one winner, several and
// none, and holds what a backtest makes of them.
func TestImportEnds(t *testing.T) {
	line := func(pt int, status string, runners ...string) string {
		return fmt.Sprintf(`{"op":"mcm","pt":%d,"mc":[{"id":"1.7","marketDefinition":{"status":%q,"runners":[%s]}}]}`, pt,
			status, strings.Join(runners, ","))
	}
	runner := func(id int, status string) string { return fmt.Sprintf(`{"id":%d,"status":%q}`, id, status) }
	out := func(id int, percent float64) string {
		return fmt.Sprintf(`{"id":%d,"status":"REMOVED","adjustmentFactor":%g}`, id, percent)
	}
	const active, lost, won = "ACTIVE", "LOSER", "WINNER"
	for _, c := range []struct {
		name      string
		lines     []string
		winners   []uint32
		voided    []uint32
		factors   []uint32
		allVoided bool
	}{
		{"one after another", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "OPEN", out(1, 10), runner(2, active), runner(3, active)),
			line(3, "SUSPENDED", out(1, 10), runner(2, active), runner(3, active)),
			line(4, "OPEN", out(1, 10), out(2, 20), runner(3, active)),
			line(5, "CLOSED", out(1, 10), out(2, 20), runner(3, won)),
		}, []uint32{3}, []uint32{1, 2}, []uint32{1000, 2000}, false},
		{"at the end", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", out(1, 10), runner(2, won), runner(3, lost)),
		}, []uint32{2}, []uint32{1}, []uint32{1000}, false},
		{"two winners", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", runner(1, won), runner(2, won), runner(3, lost)),
		}, []uint32{1, 2}, nil, nil, false},
		{"abandoned", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", out(1, 10), out(2, 20), out(3, 30)),
		}, nil, nil, nil, true},
	} {
		file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(file, []byte(strings.Join(c.lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir}); err != nil {
			t.Fatal(err)
		}
		rec, err := backtest.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		m := rec.Market(7)
		var factors []uint32
		for _, r := range m.Reductions {
			factors = append(factors, r.Factor)
		}
		if !slices.Equal(m.Winners, c.winners) || !slices.Equal(m.Voided, c.voided) ||
			!slices.Equal(factors, c.factors) || (m.End == msg.MarketStateVoided) != c.allVoided {
			t.Errorf("%s: won by %v, voided %v, reduced by %v, ends as %v", c.name, m.Winners, m.Voided, factors, m.End)
		}
	}
}
