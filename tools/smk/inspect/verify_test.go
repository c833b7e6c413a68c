package inspect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/journal"
)

// TestVerifySequences holds the check to what was planted in the sequences of both directions.
func TestVerifySequences(t *testing.T) {
	in, out := journal.KindInbound, journal.KindOutbound
	type step struct {
		kind   journal.Kind
		seq    uint64
		replay bool
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  Verification // of the counts
		what  string       // of a finding
	}{
		{
			"whole",
			[]step{{in, 1, false}, {out, 2, false}, {in, 2, false}, {in, 3, false}},
			Verification{Complete: true},
			"",
		},
		{
			"gap that is filled",
			[]step{{in, 1, false}, {in, 4, false}, {out, 2, false}, {in, 2, true}, {in, 3, true}, {in, 4, true}},
			Verification{Complete: true, Filled: 1, Replayed: 3},
			"gap filled",
		},
		{
			"gap that is not",
			[]step{{in, 1, false}, {in, 4, false}, {in, 2, true}},
			Verification{Missing: 1, Replayed: 1},
			"missing",
		},
		{
			"duplicate",
			[]step{{in, 1, false}, {in, 2, false}, {in, 2, false}, {in, 3, false}},
			Verification{Complete: true, Duplicates: 1},
			"duplicate",
		},
		{
			"replayed again",
			[]step{{in, 1, false}, {in, 2, false}, {in, 2, true}, {in, 3, false}},
			Verification{Complete: true, Replayed: 1},
			"",
		},
		{"sent again", []step{{in, 1, false}, {out, 2, false}, {in, 2, false}, {out, 2, true}}, Verification{
			Complete: true, SentAgain: 1,
		}, "sent again"},
		{
			"outbound missing",
			[]step{{in, 1, false}, {out, 2, false}, {out, 5, false}},
			Verification{Missing: 2},
			"missing",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPen(t)
			p.message(out, login())
			for _, s := range c.steps {
				p.message(s.kind, heartbeat(s.seq, s.replay))
			}
			v, err := Verify(t.Context(), p.close())
			if err != nil {
				t.Fatal(err)
			}
			got := Verification{
				Complete: v.Complete, Filled: v.Filled, Replayed: v.Replayed, Missing: v.Missing,
				Duplicates: v.Duplicates,
				SentAgain:  v.SentAgain,
			}
			if got.Complete != c.want.Complete || got.Filled != c.want.Filled || got.Replayed != c.want.Replayed ||
				got.Missing != c.want.Missing || got.Duplicates != c.want.Duplicates ||
				got.SentAgain != c.want.SentAgain {
				t.Errorf("%+v, want %+v: %+v", got, c.want, v.Findings)
			}
			found := c.what == ""
			for _, f := range v.Findings {
				found = found || f.What == c.what
			}
			if !found || c.what == "" && len(v.Findings) > 0 {
				t.Errorf("findings %+v, want %q", v.Findings, c.what)
			}
			if v.Sessions != 1 || v.Runs != 1 {
				t.Errorf("%d sessions, %d runs", v.Sessions, v.Runs)
			}
		})
	}
}

// TestVerifyDamage flips a byte in the middle of a journal: the check says where, and other commands show what is
// before.
func TestVerifyDamage(t *testing.T) {
	p := newPen(t)
	p.message(journal.KindOutbound, login())
	for seq := range uint64(100) {
		p.message(journal.KindInbound, heartbeat(seq+1, false))
	}
	dir := p.close()
	files, err := filepath.Glob(filepath.Join(dir, "*.smkj"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(files[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := Verify(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if v.Complete || !strings.Contains(v.Damage, "at byte") || v.Records < 20 || v.Records > 80 {
		t.Errorf("%+v", v)
	}
	var text bytes.Buffer
	if err := v.WriteText(&text); err != nil || !strings.Contains(text.String(), "! journal: "+files[0]) ||
		!strings.HasSuffix(text.String(), "\nnot complete\n") {
		t.Errorf("%v: %s", err, &text)
	}
}

// TestStats holds the counts to what a real run leaves.
func TestStats(t *testing.T) {
	dir := record(t, 20, nil, nil, nil)
	s, err := Stats(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	counts, received := map[string]uint64{}, uint64(0)
	for _, c := range append(s.Kinds, s.Types...) {
		if counts[c.Name] = c.Count; strings.HasPrefix(c.Name, "< ") {
			received += c.Count
		}
	}
	if s.Name != "trader" || s.Runs != 1 || s.CleanEnds != 1 || s.Connections != 1 || s.Lost != 0 ||
		counts["> ORDER_CREATE"] != 20 || counts["< ORDER_CANCELLED"] != 20 || counts["end"] != 1 || s.Digests == 0 {
		t.Errorf("%+v", s)
	}
	v, err := Verify(t.Context(), dir)
	if err != nil || !v.Complete || v.Records != s.Records || v.Inbound != received ||
		counts["inbound"] == 0 || counts["inbound"] > received {
		t.Errorf("%v: %+v", err, v)
	}
	var text bytes.Buffer
	if err := s.WriteText(&text); err != nil || !strings.Contains(text.String(), "> ORDER_CREATE ") {
		t.Errorf("%v: %s", err, &text)
	}
}
