package betfair

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/engine"
	books "github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
)

// TestHostileLines imports files whose lines are changed, exchanged, repeated and cut at random, and runs a bot against
// what comes of them: nothing ends otherwise than with an error, and nothing is refused.
func TestHostileLines(t *testing.T) {
	text, err := os.ReadFile("testdata/match.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	imported, malformed, filled := 0, 0, uint64(0)
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 0xbf))
		file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(file, bytes.Join(changeLines(random, lines), []byte("\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir})
		malformed += report.Malformed
		if errors.Is(err, ErrNothing) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		rec, err := backtest.Open(dir)
		if errors.Is(err, backtest.ErrNoMarkets) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if rec.End-rec.Begin > int64(time.Hour) {
			continue // by a time that was changed: nothing happens for years
		}
		imported++
		c := engine.Config{Session: session.Config{Username: "bot", Password: "bot", ReferenceBase: 1}}
		r, err := backtest.Run(backtest.Config{Recording: rec, Seed: seed}, c, func(e *engine.Engine) error {
			e.OnBook(func(c books.Contract) {
				if best, ok := c.Best(odds.Sell); ok {
					_, _ = e.Place(order.Limit{
						Market: c.Market(), Contract: c.ID(), Side: odds.Buy, Price: best.Price, Quantity: 10_000,
					})
				}
			})
			for i := range rec.Markets {
				if err := e.Subscribe(rec.Markets[i].ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for i := range r.Models {
			f := &r.Models[i].Figures
			if filled += f.Bought; f.RefusedEvents > 0 {
				t.Errorf("seed %d: %d events were refused", seed, f.RefusedEvents)
			}
		}
	}
	if t.Logf("%d imported, %d lines malformed, %d filled", imported, malformed, filled); imported < 15 || filled == 0 {
		t.Error("there is hardly anything left of the lines")
	}
}

// changeLines returns lines of which some are others.
func changeLines(random *rand.Rand, from [][]byte) (lines [][]byte) {
	for _, line := range from {
		if line = bytes.Clone(line); len(line) == 0 {
			continue
		}
		switch at := random.IntN(len(line)); random.IntN(12) {
		case 0:
			line[at] = byte(random.IntN(256))
		case 1:
			line = line[:at]
		case 2:
			lines = append(lines, line)
		case 3:
			continue
		case 4: // a number is another one
			for i := range line {
				if line[i] >= '1' && line[i] <= '9' && random.IntN(20) == 0 {
					line[i] = '0' + byte(random.IntN(10))
				}
			}
		case 5:
			for _, words := range [][2]string{
				{"ACTIVE", "REMOVED"},
				{"OPEN", "CLOSED"},
				{"WINNER", "LOSER"},
				{"47972", "47973"},
				{`"img":true,`, ""},
				{"OPEN", "INACTIVE"},
				{"SUSPENDED", "OPEN"},
			} {
				if random.IntN(3) == 0 {
					line = []byte(strings.ReplaceAll(string(line), words[0], words[1]))
				}
			}
		}
		lines = append(lines, line)
	}
	if random.IntN(4) == 0 {
		random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	return lines
}

// TestCutOff says of a compressed file that ends too early that it does, and leaves no journal.
func TestCutOff(t *testing.T) {
	for _, name := range []string{"match.jsonl.gz", "match.jsonl.bz2"} {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{4, len(content) / 2, len(content) - 1} {
			file, dir := filepath.Join(t.TempDir(), name), filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(file, content[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir})
			if err == nil || !strings.Contains(err.Error(), "is cut off") {
				t.Errorf("%s, %d bytes: %v", name, n, err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("%s, %d bytes: there is a journal: %v", name, n, err)
			}
		}
	}
}
