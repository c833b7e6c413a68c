package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pages are those whose blocks are all run, in a folder of their own each. A comment above a block says what it is:
//
//	run               commands that succeed; "run, exit 3" if they end so
//	run, then: TEXT   commands after which something that was started prints TEXT
//	start: TEXT       a command in the background, which has started when it prints TEXT; it is interrupted in the end
//	until: TEXT       a command that is interrupted when it has printed TEXT
//	prints            what the last commands print: in order, "..." for anything, any number for a number
//	file: NAME        a file
//	not run: WHY      nothing is done
//
// Blocks of Go with the name of an example are those of TestSnippets.
var pages = []string{"start.md", "operating.md", "simulator.md", "screens.md", "nats.md"}

// repository is where the project can be cloned from, once it is published.
const repository = "https://github.com/smk-go/smk"

var (
	fence    = regexp.MustCompile("(?m)^(?:<!-- ([^\n]*) -->\n)?```([a-z]*)\n((?s:.*?))^```$")
	aPort    = regexp.MustCompile(`\b(3701|3702|3711|4222|9464)\b`)
	bareSim  = regexp.MustCompile(`\bsmk sim\b`)
	number   = regexp.MustCompile(`\d[\d.,]*`)
	outcomes = regexp.MustCompile(`^run(?:, exit (\d)|, then: (.*))?$`)
)

// TestPages runs each page from its first block to its last, as a reader does.
func TestPages(t *testing.T) {
	bin, err := filepath.Abs("../bin") // where make puts it, so that it is linked once
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "make", "-C", "..", "build")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range pages {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t, bin)
			commands := 0
			for _, m := range fence.FindAllSubmatch(content, -1) {
				what, text := string(m[1]), string(m[3])
				if strings.HasPrefix(what, "run") || strings.HasPrefix(what, "start: ") ||
					strings.HasPrefix(what, "until: ") {
					commands++
				}
				if !r.block(what, text) {
					t.Fatalf("%s: %q\n%s", name, what, text)
				}
			}
			if commands == 0 {
				t.Errorf("%s has no commands", name)
			}
			if name == "operating.md" {
				r.expectTold("READY=1", "WATCHDOG=1")
			}
			r.end()
		})
	}
}

// TestReadmeCommands holds that the commands on the README's first screen are those of the first page, which run.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	start, err := os.ReadFile("start.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, m := range fence.FindAllSubmatch(readme, -1) {
		if string(m[2]) != "sh" {
			continue
		}
		if commands++; !bytes.Contains(start, m[0]) {
			t.Errorf("start.md does not have\n%s", m[0])
		}
	}
	if commands == 0 {
		t.Error("the README has no commands")
	}
}

// reader does what a page says.
type reader struct {
	t       *testing.T
	folder  string
	env     []string
	ports   map[string]string // those that pages name, and those that are free
	output  string            // of the last commands
	started []*started
	told    *net.UnixConn // where programs tell systemd of themselves
}

// started is a command in the background.
type started struct {
	cmd    *exec.Cmd
	output *watched
}

func newReader(t *testing.T, bin string) *reader {
	t.Helper()
	r := &reader{t: t, folder: t.TempDir(), ports: make(map[string]string)}
	r.write(".cwd", filepath.Join(r.folder, "home"))
	if err := os.Mkdir(filepath.Join(r.folder, "home"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write(".env", "")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Split(string(out), "\n")
	notify := filepath.Join(t.TempDir(), "s")
	if r.told, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.told.Close() })
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "SMK_") {
			r.env = append(r.env, line)
		}
	}
	r.env = append(r.env, "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+filepath.Join(r.folder, "home"),
		"GOMODCACHE="+caches[0], "GOCACHE="+caches[1], "GOPATH="+caches[2], "NOTIFY_SOCKET="+notify, "CDPATH=",
		"smk="+root)
	return r
}

// block does what one block says, and reports whether it was understood.
func (r *reader) block(what, text string) bool {
	switch {
	case outcomes.MatchString(what):
		m := outcomes.FindStringSubmatch(what)
		code, _ := strconv.Atoi(m[1])
		r.run(r.local(text), code)
		if m[2] != "" {
			r.await(m[2], r.started...)
		}
	case strings.HasPrefix(what, "start: "):
		r.start(r.local(text), strings.TrimPrefix(what, "start: "))
	case strings.HasPrefix(what, "until: "):
		r.start(r.local(text), strings.TrimPrefix(what, "until: "))
		last := len(r.started) - 1
		r.interrupt(r.started[last])
		r.started = r.started[:last]
	case what == "prints":
		r.compare(text)
	case strings.HasPrefix(what, "file: "):
		cwd, err := os.ReadFile(filepath.Join(r.folder, ".cwd"))
		if err != nil {
			r.t.Fatal(err)
		}
		name := filepath.Join(string(bytes.TrimSpace(cwd)), strings.TrimPrefix(what, "file: "))
		if err := os.WriteFile(name, []byte(r.freePorts(text)), 0o600); err != nil {
			r.t.Fatal(err)
		}
	case strings.HasPrefix(what, "not run: "), strings.HasPrefix(what, "Example"):
	default:
		return false
	}
	return true
}

// local makes commands those of this machine: the clone is this folder, ports are free ones.
func (r *reader) local(text string) string {
	root, err := filepath.Abs("..")
	if err != nil {
		r.t.Fatal(err)
	}
	text = strings.Replace(text, "git clone "+repository+"\ncd smk\n", "cd "+root+"\n", 1)
	text = bareSim.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(text, "--play") || strings.Contains(text, "--scenarios") ||
			strings.Contains(text, "--addr") {
			return s
		}
		return s + " --addr 127.0.0.1:3701"
	})
	return r.freePorts(text)
}

func (r *reader) freePorts(text string) string {
	return aPort.ReplaceAllStringFunc(text, func(port string) string {
		if r.ports[port] == "" {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				r.t.Fatal(err)
			}
			_, r.ports[port], _ = net.SplitHostPort(l.Addr().String())
			_ = l.Close()
		}
		return r.ports[port]
	})
}

// command returns a shell that goes on where the last one ended: in its folder, with its variables.
func (r *reader) command(text string) *exec.Cmd {
	const around = `set -e; source %[1]s/.env; cd "$(cat %[1]s/.cwd)"
%[2]s
export -p >%[1]s/.env; pwd >%[1]s/.cwd
`
	script := fmt.Sprintf(around, r.folder, strings.TrimSpace(text))
	cmd := exec.CommandContext(r.t.Context(), "bash", "-c", script)
	cmd.Env = r.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

func (r *reader) run(text string, code int) {
	cmd := r.command(text)
	out, err := cmd.CombinedOutput()
	r.output = string(out)
	if got := cmd.ProcessState.ExitCode(); got != code {
		r.t.Fatalf("exit %d, want %d: %v\n%s\n%s", got, code, err, text, out)
	}
}

// start starts commands and waits until they have printed a text.
func (r *reader) start(text, until string) {
	s := &started{r.command("exec " + strings.TrimSpace(text)), new(watched)}
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.started = append(r.started, s)
	r.await(until, s)
	r.output = s.output.String()
}

// awaitMax is how long a text is waited for, on a machine that is busy with other things.
const awaitMax = 5 * time.Minute

// await waits until one of several commands in the background has printed a text.
func (r *reader) await(text string, by ...*started) {
	ctx, cancel := context.WithTimeout(r.t.Context(), awaitMax)
	defer cancel()
	found := make(chan struct{}, len(by))
	for _, s := range by {
		printed := s.output.has(text)
		go func() {
			select {
			case <-printed:
				found <- struct{}{}
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-found:
	case <-ctx.Done():
		for _, s := range by {
			r.t.Errorf("%q is not printed by\n%s\n%s", text, s.cmd.Args[2], s.output)
		}
		r.t.FailNow()
	}
}

// expectTold waits until programs have told systemd all of this.
func (r *reader) expectTold(texts ...string) {
	_ = r.told.SetReadDeadline(time.Now().Add(awaitMax))
	b := make([]byte, 256)
	for len(texts) > 0 {
		n, err := r.told.Read(b)
		if err != nil {
			r.t.Fatalf("systemd is not told %q: %v", texts, err)
		}
		texts = slices.DeleteFunc(texts, func(s string) bool { return s == string(b[:n]) })
	}
}

// end interrupts what was started, the last first: all of it has to end well.
func (r *reader) end() {
	for _, s := range slices.Backward(r.started) {
		r.interrupt(s)
	}
}

// interrupt ends a command in the background, as Ctrl-C does: it has to end well.
func (r *reader) interrupt(s *started) {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT)
	err := s.cmd.Wait()
	if strings.Contains(s.cmd.Args[2], "exec go run") && !strings.Contains(s.output.String(), "exit status") {
		err = nil // go run itself fails when it is interrupted; it says so when its program does
	}
	if err != nil {
		r.t.Errorf("%s: %v\n%s", s.cmd.Args[2], err, s.output)
	}
}

// compare holds what a page shows to what was printed.
func (r *reader) compare(text string) {
	rest := strings.Split(r.output, "\n")
	for line := range strings.Lines(text) {
		line = r.freePorts(strings.TrimSpace(line))
		if line == "" || line == "..." {
			continue
		}
		pattern := regexp.QuoteMeta(line)
		pattern = strings.ReplaceAll(pattern, `\.\.\.`, ".*")
		pattern = number.ReplaceAllString(strings.ReplaceAll(pattern, `\.`, "."), `[\d.,]+`)
		re := regexp.MustCompile("^" + pattern + "$")
		i := slices.IndexFunc(rest, func(s string) bool { return re.MatchString(strings.TrimSpace(s)) })
		if i < 0 {
			r.t.Fatalf("%q is shown and not printed:\n%s", line, r.output)
		}
		rest = rest[i+1:]
	}
}

func (r *reader) write(name, text string) {
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// watched keeps what is written, and says when a text is in it.
type watched struct {
	mu    sync.Mutex
	all   bytes.Buffer
	until string
	found chan struct{} // nil if nobody waits
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(b)
	w.check()
	return len(b), nil
}

// has returns a channel that is closed when a text was written.
func (w *watched) has(text string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := make(chan struct{})
	w.until, w.found = text, found
	w.check()
	return found
}

func (w *watched) check() {
	if w.found != nil && strings.Contains(w.all.String(), w.until) {
		close(w.found)
		w.found = nil
	}
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}
