package engine

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/journal"
)

func DumpTape(t *testing.T, dir string, most uint64) {
	p, _, err := openPlayer(ReplayConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	tp := &tape{player: p}
	line := ""
	for !p.over() && p.at.record <= most {
		before := p.at.record
		op := p.next()
		if p.at.record != before {
			fmt.Println(before, line)
			line = ""
		}
		line += fmt.Sprint(" ", op)
		skip := p.skip
		p.taken(tp)
		switch op {
		case tapeRound:
			line += fmt.Sprint(p.number(), p.number())
		case tapeClock:
			line += fmt.Sprint("+", p.number())
		case tapeRead:
			line += fmt.Sprint(" ", p.number(), p.result())
		case tapeWrite:
			line += fmt.Sprint(" ", p.number(), p.number(), p.result())
		case tapeDialed:
			line += fmt.Sprint(skip, p.number(), p.number(), p.number(), p.number(), p.result())
		case tapeSubmitted:
			p.submission()
		case tapeRequests, tapeBeat, tapeDigest:
			line += fmt.Sprint(" ", skip, ":", p.number())
		case tapeHalt:
			p.number()
			p.number()
			p.text()
			p.text()
		case tapeFlushFailed, tapeWaitFailed, tapeSaveFailed, tapeSyncFailed:
			line += fmt.Sprint(skip, p.failure())
		default:
			line += fmt.Sprint(" ", skip)
		}
	}
	fmt.Println(line)
	r, _ := journal.OpenDir(dir, journal.ReaderConfig{})
	for i := 0; i < int(most)+3; i++ {
		rec, err := r.Next()
		if err != nil {
			break
		}
		fmt.Println(rec.Seq, rec.Kind, len(rec.Payload))
	}
}
