package main

import (
	"fmt"
	"strings"
	"sync"
)

// runsProgress is how far several runs at a time are.
type runsProgress struct {
	mu    sync.Mutex
	parts []float64 // of each run
}

const barWidth = 40

func newRunsProgress(runs int) *runsProgress { return &runsProgress{parts: make([]float64, runs)} }

// set says how much of a run is done, 0 to 1.
func (p *runsProgress) set(run int, part float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parts[run] = part
}

// String returns a bar.
func (p *runsProgress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum float64
	ended := 0
	for _, x := range p.parts {
		if sum += x; x >= 1 {
			ended++
		}
	}
	sum /= float64(len(p.parts))
	full := int(sum * barWidth)
	return fmt.Sprintf("[%s%s] %5.1f %%  %d of %d runs", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		sum*100, ended, len(p.parts))
}
