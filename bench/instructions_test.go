package bench

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/internal/instrcount"
	"github.com/smk-go/smk/bench/internal/stages"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// The table says what each path takes and for which compiler. It is written by
//
//	go test -count=1 -run TestInstructions -v ./bench -update
const (
	instructionsFile = "testdata/instructions.txt"
	slackPercent     = 3 // a path may take so much more than the table says
)

var update = flag.Bool("update", false, "write "+instructionsFile+" anew")

// TestInstructions holds the paths of every message to the table of their machine instructions. The
// clock stands still, so that it fails on a busy machine for the same reasons as on a quiet one.
func TestInstructions(t *testing.T) {
	if why := uncountable(); why != "" {
		t.Logf("instructions: not available: %s", why)
		return
	}
	paths := counted()
	counts := instrcount.Count(t, paths)
	if counts == nil {
		t.Log("instructions: not available on this system")
		return
	}
	if *update {
		writeInstructions(t, paths, counts)
	}
	table, compiler := readInstructions(t)
	if compiler != ourCompiler() {
		t.Logf("instructions: not available: the table is for %s, this is %s", compiler, ourCompiler())
		return
	}
	for i, p := range paths {
		want, known := table[p.Name]
		delete(table, p.Name)
		switch got := counts[i]; {
		case !known:
			t.Errorf("%s: %d instructions, and not in %s: run this test with -update", p.Name, got, instructionsFile)
		case got*100 > want*(100+slackPercent):
			t.Errorf("%s: %d instructions, %d in the table: if that is worth it, run this test with -update and say why", p.Name, got, want)
		case got*100 < want*(100-slackPercent):
			t.Logf("%s: %d instructions, %d in the table: run this test with -update to keep the gain", p.Name, got, want)
		default:
			t.Logf("%s: %d instructions, %d in the table", p.Name, got, want)
		}
	}
	for name := range table {
		t.Errorf("%s is in %s and nowhere else: run this test with -update", name, instructionsFile)
	}
}

// ourCompiler is what counts depend on besides the code.
func ourCompiler() string {
	minor := runtime.Version()
	if parts := strings.SplitN(minor, ".", 3); len(parts) == 3 {
		minor = parts[0] + "." + parts[1]
	}
	return minor + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// uncountable says why this program is not the one that users get, "" if it is.
func uncountable() string {
	if testing.CoverMode() != "" {
		return "built to measure coverage"
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "the program does not say how it was built"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "-race" && s.Value == "true",
			s.Key == "-gcflags" && s.Value != "",
			s.Key == "GOAMD64" && s.Value != "v1":
			return "built with " + s.Key + "=" + s.Value
		}
	}
	return ""
}

func readInstructions(t *testing.T) (table map[string]int, compiler string) {
	t.Helper()
	file, err := os.Open(instructionsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table = make(map[string]int)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if c, ok := strings.CutPrefix(line, "compiler "); ok {
			compiler = c
			continue
		}
		var count int
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, err := fmt.Sscan(number, &count); err != nil || count <= 0 || name == "" {
			t.Fatalf("%s: %q is not a number of instructions and a path", instructionsFile, line)
		}
		table[name] = count
	}
	return table, compiler
}

func writeInstructions(t *testing.T, paths []instrcount.Path, counts []int) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "compiler %s\n", ourCompiler())
	for i, p := range paths {
		fmt.Fprintf(&b, "%7d %s\n", counts[i], p.Name)
	}
	if err := os.WriteFile(instructionsFile, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a file of the repository
		t.Fatal(err)
	}
}

// How many messages of feeds of different ones are gone through.
const (
	mixedMessages    = 16
	shuffledMessages = 4
)

func first(n int, feed fixture.Feed) fixture.Feed {
	feed.Payloads = feed.Payloads[:n]
	return feed
}

// counted are the paths, each of one message or, for feeds of different ones, of a few.
func counted() (paths []instrcount.Path) {
	mixed, shuffled := first(mixedMessages, fixture.Mixed()), first(shuffledMessages, fixture.Shuffled(fixture.Executed()))
	for _, feed := range []fixture.Feed{fixture.Executed(), fixture.Accepted(), fixture.Quotes(), fixture.Heartbeat(), mixed, shuffled} {
		paths = append(paths, countDecode(feed))
	}
	for _, feed := range []fixture.Feed{fixture.Create(), fixture.Cancel()} {
		paths = append(paths, countEncode(feed))
	}
	paths = append(paths, countScan(mixed), countSend())
	for _, group := range []struct {
		open   func() (*stages.Group, error)
		name   string
		stages []string
	}{
		{func() (*stages.Group, error) { return stages.In(fixture.Executed()) }, "executed in", []string{"session", "engine"}},
		{func() (*stages.Group, error) { return stages.In(fixture.Quotes()) }, "quotes in", []string{"session", "engine"}},
		{stages.Order, "64 orders", []string{"session", "engine"}},
	} {
		for _, stage := range group.stages {
			paths = append(paths, countStage(group.name+" "+stage, stage, group.open))
		}
	}
	return paths
}

// countStage is a message, or a batch of them, through a stage of package path.
func countStage(name, stage string, open func() (*stages.Group, error)) instrcount.Path {
	return instrcount.Path{Name: name, Calls: 1, New: func(t testing.TB) func(int) {
		group, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = group.Close() })
		i := slices.IndexFunc(group.Stages, func(s stages.Stage) bool { return s.Name == stage })
		return func(int) {
			if err := group.Stages[i].Loop(1); err != nil {
				panic(err)
			}
		}
	}}
}

// countDecode is a payload into a reused value.
func countDecode(feed fixture.Feed) instrcount.Path {
	n := len(feed.Payloads)
	return instrcount.Path{Name: "decode " + feed.Name, Calls: n, New: func(t testing.TB) func(int) {
		p, u := new(msg.Payload), new(msg.Unknown)
		return func(i int) {
			if err := p.Decode(feed.Payloads[i%n], u); err != nil {
				panic(err)
			}
		}
	}}
}

// countEncode is a value into a frame.
func countEncode(feed fixture.Feed) instrcount.Path {
	return instrcount.Path{Name: "encode " + feed.Name, Calls: 1, New: func(t testing.TB) func(int) {
		p := new(msg.Payload)
		if err := p.Decode(feed.Payloads[0], nil); err != nil {
			t.Fatal(err)
		}
		var m wire.Putter = p.GetOrderCreate()
		if p.HasOrderCancel() {
			m = p.GetOrderCancel()
		}
		region, typ := new([wire.ForwardBytes]byte), uint32(p.GetType())
		return func(i int) {
			if _, size := wire.Forward(region, typ, fixture.FirstSeq+uint64(i), m, 0, 0); size == 0 {
				panic("not written")
			}
		}
	}}
}

// countScan is frames out of a stream.
func countScan(feed fixture.Feed) instrcount.Path {
	return instrcount.Path{Name: "scan " + feed.Name, Calls: 1, New: func(t testing.TB) func(int) {
		limits, err := wire.Limits{}.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		return func(int) {
			rest := feed.Stream
			for range mixedMessages {
				_, n, err := wire.Scan(rest, limits)
				if err != nil || n == 0 {
					panic(fmt.Sprint(n, err))
				}
				rest = rest[n:]
			}
		}
	}}
}

// countSend is an order into the send ring, and out of it.
func countSend() instrcount.Path {
	return instrcount.Path{Name: "send create", Calls: 1, New: func(t testing.TB) func(int) {
		frames, err := ring.NewFrames(ring.FramesConfig{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = frames.Close() })
		const base = 1 << 28 // all sequences are of one length
		frames.Rebase(base)
		p := new(msg.Payload)
		if err := p.Decode(fixture.Create().Payloads[0], nil); err != nil {
			t.Fatal(err)
		}
		return func(i int) {
			seq := uint64(base + i)
			region, err := frames.Reserve(wire.ForwardBytes)
			if err != nil {
				panic(err)
			}
			_, frame := wire.Forward((*[wire.ForwardBytes]byte)(region), uint32(p.GetType()), seq, p.GetOrderCreate(), 0, 0)
			frames.Commit(frame, ring.Record{Seq: seq})
			frames.Written(len(frames.Pending()))
		}
	}}
}
