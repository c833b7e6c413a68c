package main

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progressEvery is how often the line of a progress is written anew.
const progressEvery = 200 * time.Millisecond

// clearLine takes away the line that a terminal's cursor is in.
const clearLine = "\r\x1b[K"

// progress is a line on a terminal that says how far long work is. A nil progress does nothing.
type progress struct {
	terminal *os.File
	text     func() string
	done     chan struct{}
	ended    sync.WaitGroup

	mu    sync.Mutex
	shown bool
}

// startProgress writes what text returns, a few times a second from a goroutine of its own, if err is a terminal. A
// pipe or a file gets nothing, and the result is nil.
func startProgress(err io.Writer, text func() string) *progress {
	f, ok := err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	p := &progress{terminal: f, text: text, done: make(chan struct{})}
	p.ended.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			p.show()
			select {
			case <-tick.C:
			case <-p.done:
				p.clear()
				return
			}
		}
	})
	return p
}

// show writes the line.
func (p *progress) show() {
	line := p.text()
	if width, _, err := term.GetSize(int(p.terminal.Fd())); err == nil && width > 1 && len(line) >= width {
		line = line[:width-1] // a line that wraps cannot be written over
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.terminal, clearLine+line)
	p.shown = true
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clearLocked()
}

func (p *progress) clearLocked() {
	if p.shown {
		_, _ = io.WriteString(p.terminal, clearLine)
		p.shown = false
	}
}

// over returns a writer to out that first takes the line away: out may be the same terminal.
func (p *progress) over(out io.Writer) io.Writer {
	if p == nil {
		return out
	}
	return progressWriter{p, out}
}

// progressWriter is what over returns.
type progressWriter struct {
	progress *progress
	out      io.Writer
}

func (w progressWriter) Write(b []byte) (int, error) {
	w.progress.mu.Lock()
	defer w.progress.mu.Unlock()
	w.progress.clearLocked()
	return w.out.Write(b)
}

// stop takes the line away and returns when nothing more is written.
func (p *progress) stop() {
	if p != nil {
		close(p.done)
		p.ended.Wait()
	}
}
