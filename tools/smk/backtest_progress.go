package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// progress is a bar on a terminal for several runs at a time. Where there is no terminal it prints nothing.
type progress struct {
	mu    sync.Mutex // guards the rest
	out   io.Writer  // nil without a terminal
	parts []float64  // of each run
	drawn int        // thousandths
}

const barWidth = 40

func newProgress(out io.Writer, runs int) *progress {
	p := &progress{parts: make([]float64, runs), drawn: -1}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.out = out
		}
	}
	return p
}

// set says how much of a run is done, 0 to 1.
func (p *progress) set(run int, part float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parts[run] = part
	var sum float64
	ended := 0
	for _, x := range p.parts {
		if sum += x; x >= 1 {
			ended++
		}
	}
	sum /= float64(len(p.parts))
	now := int(sum * 1000)
	if p.out == nil || now == p.drawn {
		return
	}
	p.drawn = now
	full := int(sum * barWidth)
	fmt.Fprintf(p.out, "\r[%s%s] %5.1f %%  %d of %d runs", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		sum*100, ended, len(p.parts))
}

// done ends the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil && p.drawn >= 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", barWidth+40))
	}
	p.out = nil
}
