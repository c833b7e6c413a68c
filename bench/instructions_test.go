package bench

import (
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
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// The table holds the instructions of each path and the compiler. It is written by
//
//	go test -count=1 -run TestInstructions -v ./bench -update
const (
	instructionsFile = "testdata/instructions.txt"
	slackPercent     = 3 // that a path may take more than in the table
)

var update = flag.Bool("update", false, "write "+instructionsFile)

// TestInstructions compares the machine instructions of each path with the table. The clock stands still, so that it
// fails on a busy machine for the same reasons as on a quiet one.
func TestInstructions(t *testing.T) {
	compiler := "compiler " + runtime.Version()[:len("go1.26")] + " " + runtime.GOOS + "/" + runtime.GOARCH
	if reason := uncountable(); reason != "" {
		t.Log("instructions: not available: " + reason)
		return
	}
	paths := counted()
	counts := instrcount.Count(t, paths)
	if counts == nil {
		t.Log("instructions: not available on this system")
		return
	}
	var table strings.Builder
	fmt.Fprintln(&table, compiler)
	for i, p := range paths {
		fmt.Fprintf(&table, "%7d %s\n", counts[i], p.Name)
	}
	if *update {
		if err := os.WriteFile(instructionsFile, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(instructionsFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rows, _ := strings.Cut(string(content), "\n")
	if head != compiler {
		t.Logf("instructions: not available: the table is for %s, this is %s", head, compiler)
		return
	}
	want := make(map[string]int)
	for line := range strings.Lines(rows) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		var n int
		if _, err := fmt.Sscan(number, &n); err != nil || n <= 0 {
			t.Fatalf("%s: %q is not a number of instructions and a path", instructionsFile, line)
		}
		want[name] = n
	}
	for i, p := range paths {
		got, limit := counts[i], want[p.Name]
		delete(want, p.Name)
		switch line := fmt.Sprintf("%s: %d instructions, %d in the table", p.Name, got, limit); {
		case got*100 > limit*(100+slackPercent):
			t.Error(line + ": if that is worth it, run this test with -update and give the reason")
		case got*100 < limit*(100-slackPercent):
			t.Log(line + ": run this test with -update to keep the gain")
		default:
			t.Log(line)
		}
	}
	for name := range want {
		t.Errorf("%s is in %s and nowhere else: run this test with -update", name, instructionsFile)
	}
}

// uncountable returns why this program is not built as users build it, "" if it is.
func uncountable() string {
	if testing.CoverMode() != "" {
		return "built to measure coverage"
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "the program has no build information"
	}
	for _, s := range info.Settings {
		race := s.Key == "-race" && s.Value == "true"
		if race || s.Key == "-gcflags" && s.Value != "" || s.Key == "GOAMD64" && s.Value != "v1" {
			return "built with " + s.Key + "=" + s.Value
		}
	}
	return ""
}

// How many messages of feeds of different ones are counted.
const (
	mixedMessages    = 16
	shuffledMessages = 4
	feedMessages     = 64
)

func first(n int, feed fixture.Feed) fixture.Feed {
	feed.Payloads = feed.Payloads[:n]
	return feed
}

// counted returns the paths, each of one message or, for feeds of different ones, of a few.
func counted() (paths []instrcount.Path) {
	mixed := first(mixedMessages, fixture.Mixed())
	shuffled := first(shuffledMessages, fixture.Shuffled(fixture.Executed()))
	for _, feed := range []fixture.Feed{
		fixture.Executed(), fixture.Accepted(), fixture.Quotes(), fixture.Heartbeat(), mixed, shuffled,
	} {
		paths = append(paths, countDecode(feed))
	}
	executed := func() stages.Group { return stages.In(fixture.Executed()) }
	quotes := func() stages.Group { return stages.In(fixture.Quotes()) }
	paths = append(paths, orderPaths(10_000)...)
	gate := func() stages.Group { return stages.Gate(1) }
	return append(paths,
		countEncode(fixture.Create()), countEncode(fixture.Cancel()), countScan(mixed), countSend(),
		countStage("executed in", "session", executed), countStage("executed in", "engine", executed),
		countStage("quotes in", "session", quotes), countStage("quotes in", "engine", quotes),
		countFeed("engine"), countFeed("engine with a journal"),
		countStage("executed in", "engine with a journal", executed),
		countStage("quotes in", "engine with a journal", quotes),
		countStage("64 orders", "session", stages.Order), countStage("64 orders", "engine", stages.Order),
		countStage("fill received", "with state", func() stages.Group { return stages.Received("fill", 1) }),
		countStage("quote received", "with state", func() stages.Group { return stages.Received("quote", 1) }),
		countStage("order out", "without state", gate), countStage("order out", "with state", gate),
		countStage("order out", "with every risk check", gate),
	)
}

// countStage is a message, or a batch of them, through a stage of package stages.
func countStage(name, stage string, open func() stages.Group) instrcount.Path {
	var s stages.Stage
	return instrcount.Path{Name: name + " " + stage, Calls: 1, New: func(t testing.TB) func(int) {
		group := open()
		t.Cleanup(func() { _ = group.Close() })
		s = group.Stages[slices.IndexFunc(group.Stages, func(s stages.Stage) bool { return s.Name == stage })]
		return func(int) {
			if err := s.Loop(1); err != nil {
				panic(err)
			}
		}
	}, Prepare: func() {
		if s.Prepare != nil {
			fixture.Must(s.Prepare())
		}
	}}
}

// countFeed is the first messages of a mixed feed, received in one piece, through a stage.
func countFeed(stage string) instrcount.Path {
	var s stages.Stage
	name := fmt.Sprintf("%d of a mixed feed in %s", feedMessages, stage)
	return instrcount.Path{Name: name, Calls: 1, New: func(t testing.TB) func(int) {
		group := stages.In(first(feedMessages, fixture.Mixed()))
		t.Cleanup(func() { _ = group.Close() })
		s = group.Stages[slices.IndexFunc(group.Stages, func(s stages.Stage) bool { return s.Name == stage })]
		return func(int) {
			if err := s.Loop(feedMessages); err != nil {
				panic(err)
			}
		}
	}}
}

// countDecode is a payload into a reused value.
func countDecode(feed fixture.Feed) instrcount.Path {
	n := len(feed.Payloads)
	return instrcount.Path{Name: "decode " + feed.Name, Calls: n, New: func(testing.TB) func(int) {
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
	return instrcount.Path{Name: "encode " + feed.Name, Calls: 1, New: func(testing.TB) func(int) {
		p := new(msg.Payload)
		check(p.Decode(feed.Payloads[0], nil))
		var m envelope.FastMarshaler = p.GetOrderCreate()
		if p.HasOrderCancel() {
			m = p.GetOrderCancel()
		}
		region, typ := new([envelope.EncodeFrameBytes]byte), uint32(p.GetType())
		return func(i int) {
			if _, size := envelope.EncodeFrame(region, typ, fixture.FirstSeq+uint64(i), m, 0, 0); size == 0 {
				panic("not written")
			}
		}
	}}
}

// countScan is frames out of a stream.
func countScan(feed fixture.Feed) instrcount.Path {
	return instrcount.Path{Name: "scan " + feed.Name, Calls: 1, New: func(testing.TB) func(int) {
		limits, err := wire.Limits{}.Resolve()
		check(err)
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
		frames, err := ring.NewSendRing(ring.SendRingConfig{})
		check(err)
		t.Cleanup(func() { _ = frames.Close() })
		const base = 1 << 28 // all sequences are of one length
		frames.Rebase(base)
		p := new(msg.Payload)
		check(p.Decode(fixture.Create().Payloads[0], nil))
		return func(i int) {
			seq := uint64(base + i)
			region, err := frames.Reserve(envelope.EncodeFrameBytes)
			if err != nil {
				panic(err)
			}
			room, typ := (*[envelope.EncodeFrameBytes]byte)(region), uint32(p.GetType())
			_, frame := envelope.EncodeFrame(room, typ, seq, p.GetOrderCreate(), 0, 0)
			frames.Commit(frame, ring.Record{Seq: seq})
			frames.Written(len(frames.Pending()))
		}
	}}
}

// check is for the preparation of a path only: within the path it would be counted.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
