package standby_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// process is a bot in a process of its own, or in this one.
type process struct {
	t        *testing.T
	settings botSettings
	command  *exec.Cmd          // nil in this process
	cancel   context.CancelFunc // in this process
	ended    chan struct{}

	mu   sync.Mutex
	last line // its newest end of a term
	bad  []string
}

// startBot starts a bot, in this process if inside is set.
func startBot(t *testing.T, s botSettings, inside bool) *process {
	t.Helper()
	p := &process{t: t, settings: s, ended: make(chan struct{})}
	if inside {
		p.startInside()
	} else {
		p.startProcess()
	}
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.ended
	})
	return p
}

func (p *process) startInside() {
	ctx, cancel := context.WithCancel(p.t.Context())
	p.cancel = cancel
	out, in := io.Pipe()
	go func() {
		_ = in.CloseWithError(p.settings.run(ctx, in))
	}()
	go func() {
		defer close(p.ended)
		if err := lines(out, p.line); err != nil {
			p.t.Errorf("%s: %v", p.settings.Name, err)
		}
	}()
}

func (p *process) startProcess() {
	p.t.Helper()
	b, err := json.Marshal(p.settings)
	if err != nil {
		p.t.Fatal(err)
	}
	p.command = exec.Command(os.Args[0])
	p.command.Env = append(os.Environ(), botVariable+"="+string(b))
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err = p.command.StdinPipe(); err != nil { // its end is that of this process
		p.t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = lines(out, p.line) // a line of a process that is killed may be cut
		_ = p.command.Wait()
	}()
}

func (p *process) line(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch l.Event {
	case "ended":
		p.last = l
		p.bad = append(p.bad, l.Bad...)
	case "state failed": // a server was restarted, or the bot is cut off: it is tried again
	case "log failed":
		p.bad = append(p.bad, l.Event+" in term "+strconv.FormatUint(l.Term, 10)+": "+l.Err)
	}
}

// signal sends a signal; a bot in this process ends for any, as for SIGTERM.
func (p *process) signal(s syscall.Signal) {
	if p.command == nil {
		p.cancel()
		return
	}
	_ = p.command.Process.Signal(s)
}

// wait waits for the end of the process.
func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.settings.Name)
	}
}

// fate is what becomes of the bot that trades.
type fate string

const (
	killed    fate = "kill -9"
	stopped   fate = "SIGSTOP"
	handed    fate = "handover"
	finished  fate = "SIGTERM"
	parted    fate = "partition"
	serverEnd fate = "server restarts"
)

// rounds returns what the bots go through: a short choice, or STANDBY_ROUNDS rounds.
func rounds(t *testing.T) (list []fate, long bool) {
	n, err := strconv.Atoi(os.Getenv("STANDBY_ROUNDS"))
	if err != nil {
		return []fate{killed, stopped, handed, parted}, false
	}
	all := []fate{killed, stopped, handed, parted, killed, stopped, finished, serverEnd}
	for i := range n {
		list = append(list, all[i%len(all)])
	}
	return list, true
}

// TestProcesses runs three bots as processes for one account. In each round the one that trades is killed, stopped and
// woken when another trades, asked to hand over, cut off from the servers, or ended; in a long run a server is
// restarted, too. At no time do two send, no order is lost or doubled, and what the last one knows is what the exchange
// has. With STANDBY_ROUNDS=200 it is 200 rounds on three servers.
func TestProcesses(t *testing.T) {
	list, long := rounds(t)
	if long {
		c := natstest.StartCluster(t, nil)
		contend(t, list, time.Second, c.URL(), c.Servers[:], false)
		return
	}
	s := natstest.Start(t, nil)
	contend(t, list, time.Second, s.URL(), []*natstest.Server{s}, false)
}

// TestInside is the same with bots in this process, which the race detector sees.
func TestInside(t *testing.T) {
	s := natstest.Start(t, nil)
	contend(t, []fate{finished, parted, handed, serverEnd, finished}, time.Second, s.URL(), []*natstest.Server{s}, true)
}

// contend has three bots contend through a list of fates.
func contend(t *testing.T, list []fate, ttl time.Duration, urls string, servers []*natstest.Server, inside bool) {
	w := newWorld(t)
	bots, ways := make(map[string]*process), make(map[string]*relay)
	start := func(name string) {
		if bots[name] != nil {
			bots[name].wait()
		}
		ways[name] = newRelay(t, urls)
		s := botSettings{
			Name: name, NATS: ways[name].url(), Exchange: w.gate(name), TTL: ttl,
			Journal: t.TempDir() + "/journal",
		}
		bots[name] = startBot(t, s, inside)
	}
	for _, name := range []string{"a", "b", "c"} {
		start(name)
	}
	nc, err := nats.Connect(urls, nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	gaps := make(map[fate][]time.Duration)
	var zombie *process
	for i, f := range list {
		var term uint64
		var name string
		w.wait("orders", func() bool {
			term, name = w.term, w.active
			return term != 0 && w.countOf[term] >= 20
		})
		b := bots[name]
		began := time.Now()
		gap := true
		switch f {
		case killed:
			b.signal(syscall.SIGKILL)
		case stopped:
			b.signal(syscall.SIGSTOP)
			zombie = b
		case parted:
			ways[name].set(true)
		case finished:
			b.signal(syscall.SIGTERM)
		case handed:
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			to := map[string]string{"a": "b", "b": "c", "c": "a"}[name]
			from, was, err := lease.RequestHandover(ctx, nc, "test", "demo", to)
			cancel()
			if err != nil || from != name || was != term { // on a machine that is too busy it has lost the lease
				t.Logf("round %d: %s hands over term %d, want %s and %d: %v", i, from, was, name, term, err)
				gap = false
			}
		case serverEnd:
			servers[i%len(servers)].Restart()
			gap = false // the holder goes on, or not
		}
		if gap {
			var now uint64
			w.wait("orders of the next", func() bool { now = w.term; return now > term && w.countOf[now] > 0 })
			w.mu.Lock()
			gaps[f] = append(gaps[f], w.firstOf[now].Sub(began))
			w.mu.Unlock()
		}
		if f == parted {
			ways[name].set(false)
		}
		if zombie != nil {
			zombie.signal(syscall.SIGCONT) // what it sends now without having logged in anew is noted
			w.mu.Lock()
			next := w.creates
			w.mu.Unlock()
			w.wait("some orders", func() bool { return w.creates > next+100 })
			zombie = nil
		}
		if f == killed || f == finished {
			start(name)
		}
	}
	// The last one ends, after the others, and says what it knows.
	var name string
	w.wait("orders", func() bool { name = w.active; return w.countOf[w.term] >= 20 })
	for other, b := range bots {
		if other != name {
			b.signal(syscall.SIGTERM)
			b.wait()
		}
	}
	bots[name].signal(syscall.SIGTERM)
	bots[name].wait()
	for _, b := range bots {
		for _, bad := range b.bad {
			t.Errorf("%s: %s", b.settings.Name, bad)
		}
	}
	w.check(bots[name].last.Live, bots[name].last.Doubt)
	t.Logf("%d orders and %d cancels in %d terms", w.creates, w.cancels, len(w.countOf))
	for f, list := range gaps {
		slices.Sort(list)
		t.Logf("time without orders, %s: %d times, median %v, 90 %% %v, longest %v", f, len(list), list[len(list)/2],
			list[len(list)*9/10], list[len(list)-1])
		if median := list[len(list)/2]; len(list) >= 20 && median > ttl+time.Second {
			t.Errorf("%s: median %v, want at most %v", f, median, ttl+time.Second)
		}
	}
}
