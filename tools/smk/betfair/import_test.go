package betfair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// TestImportFails leaves no journal behind that looks like a whole one.
func TestImportFails(t *testing.T) {
	file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
	lines := `{"op":"mcm","pt":1,"mc":[{"id":"1.7","img":true,"rc":[{"id":1,"atb":[[2,100]]}]}]}` +
		"\nno JSON\nnor this\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	config := Config{Files: []string{file}, Dir: dir, MalformedMax: 1}
	if _, err := Import(t.Context(), config); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("there is a journal: %v", err)
	}
	config.MalformedMax = 2
	if _, err := Import(t.Context(), config); err != nil {
		t.Error(err)
	}
}

const oneLine = `{"op":"mcm","pt":1,"mc":[{"id":"1.7","img":true,"rc":[{"id":1,"atb":[[2,100]]}]}]}`

// TestImportOntoFile names a file where the journal's folder should be: it stays as it is.
func TestImportOntoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(oneLine), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Import(t.Context(), Config{Files: []string{file}, Dir: file})
	if content, _ := os.ReadFile(file); err == nil || string(content) != oneLine {
		t.Errorf("%v, the file has %q", err, content)
	}
}

// TestImportsAtOnce begins several imports into one folder: one of them makes the journal, and the others leave it.
func TestImportsAtOnce(t *testing.T) {
	file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(file, []byte(oneLine), 0o600); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var made atomic.Int32
	begin := make(chan struct{})
	for range 8 {
		wait.Go(func() {
			<-begin
			if _, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir}); err == nil {
				made.Add(1)
			}
		})
	}
	close(begin)
	wait.Wait()
	if rec, err := backtest.Open(dir); made.Load() != 1 || err != nil || rec.Market(7) == nil {
		t.Errorf("%d imports made the journal, %v", made.Load(), err)
	}
}

// TestImportEnds imports races whose runners are removed one after another and at the end, with one winner, several and
// none, and holds what a backtest makes of them.
func TestImportEnds(t *testing.T) {
	inPlaces := func(n, pt int, status string, runners ...string) string {
		return fmt.Sprintf(`{"op":"mcm","pt":%d,"mc":[{"id":"1.7","marketDefinition":{"status":%q,`+
			`"numberOfWinners":%d,"runners":[%s]}}]}`, pt, status, n, strings.Join(runners, ","))
	}
	line := func(pt int, status string, runners ...string) string { return inPlaces(1, pt, status, runners...) }
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
		places    int
	}{
		{"one after another", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "OPEN", out(1, 10), runner(2, active), runner(3, active)),
			line(3, "SUSPENDED", out(1, 10), runner(2, active), runner(3, active)),
			line(4, "OPEN", out(1, 10), out(2, 20), runner(3, active)),
			line(5, "CLOSED", out(1, 10), out(2, 20), runner(3, won)),
		}, []uint32{3}, []uint32{1, 2}, []uint32{1000, 2000}, false, 0},
		{"at the end", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", out(1, 10), runner(2, won), runner(3, lost)),
		}, []uint32{2}, []uint32{1}, []uint32{1000}, false, 0},
		{"a dead heat", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", runner(1, won), runner(2, won), runner(3, lost)),
		}, []uint32{1, 2}, nil, nil, false, 1},
		{"two places", []string{
			inPlaces(2, 1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			inPlaces(2, 2, "CLOSED", runner(1, won), runner(2, won), runner(3, lost)),
		}, []uint32{1, 2}, nil, nil, false, 2},
		{"any number of winners", []string{
			inPlaces(0, 1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			inPlaces(0, 2, "CLOSED", runner(1, won), runner(2, won), runner(3, lost)),
		}, []uint32{1, 2}, nil, nil, false, 0},
		{"abandoned", []string{
			line(1, "OPEN", runner(1, active), runner(2, active), runner(3, active)),
			line(2, "CLOSED", out(1, 10), out(2, 20), out(3, 30)),
		}, nil, nil, nil, true, 0},
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
			!slices.Equal(factors, c.factors) || (m.End == msg.MarketStateVoided) != c.allVoided ||
			m.Places != c.places {
			t.Errorf("%s: won by %v, voided %v, reduced by %v, ends as %v, %d places", c.name, m.Winners, m.Voided,
				factors, m.End, m.Places)
		}
	}
}

// TestImportOverlap imports a file for each of three markets, which overlap in time and are named in another order:
// each change keeps its time.
func TestImportOverlap(t *testing.T) {
	var files []string
	for market := 3; market > 0; market-- {
		var lines []string
		for n := range 20 {
			lines = append(lines, fmt.Sprintf(`{"op":"mcm","pt":%d,"mc":[{"id":"1.%d","img":%t,"rc":[{"id":1,`+
				`"atb":[[2,%d]]}]}]}`, 1_767_200_400_000+1000*n+market*100, market, n == 0, 100+n))
		}
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	dir := filepath.Join(t.TempDir(), "journal")
	report, err := Import(t.Context(), Config{Files: files, Dir: dir})
	if err != nil || report.Lines != 60 || report.Markets != 3 {
		t.Fatalf("%+v, %v", report, err)
	}
	rec, err := backtest.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rec.Reader()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for e, err := r.Next(); err == nil; e, err = r.Next() {
		at := (e.At/1e6 - 1_767_200_400_000) % 1000
		if e.Kind == backtest.EventBook {
			if n++; at != int64(e.Market)*100 {
				t.Errorf("market %d changes at %d ms", e.Market, at)
			}
		}
	}
	if n != 60 {
		t.Errorf("%d changes", n)
	}
}
