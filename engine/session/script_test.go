package session

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
	"google.golang.org/protobuf/proto"
)

// A script is a conversation in text: what the client is asked to do, what the
// server says, and what must come of it. testdata/scripts/README.md describes the
// format.
type script struct {
	name  string
	lines []scriptLine
}

type scriptLine struct {
	number int
	verb   string // first word
	rest   string
}

func readScripts(t testing.TB) []script {
	t.Helper()
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var scripts []script
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := script{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		for i, line := range strings.Split(string(content), "\n") {
			line, _, _ = strings.Cut(line, "#")
			if verb, rest, _ := strings.Cut(strings.TrimSpace(line), " "); verb != "" {
				s.lines = append(s.lines, scriptLine{i + 1, verb, strings.TrimSpace(rest)})
			}
		}
		scripts = append(scripts, s)
	}
	return scripts
}

// chunking cuts what the server says between two acts of the client into the
// pieces in which it arrives.
type chunking func(lines [][]byte) [][]byte

func linewise(lines [][]byte) [][]byte { return lines }

func joined(lines [][]byte) [][]byte {
	var all []byte
	for _, l := range lines {
		all = append(all, l...)
	}
	return [][]byte{all}
}

func bytewise(lines [][]byte) [][]byte {
	var pieces [][]byte
	for _, b := range joined(lines)[0] {
		pieces = append(pieces, []byte{b})
	}
	return pieces
}

func splitAt(at int) chunking {
	return func(lines [][]byte) [][]byte {
		all := joined(lines)[0]
		if at >= len(all) {
			return [][]byte{all}
		}
		return [][]byte{all[:at], all[at:]}
	}
}

// TestScripts plays every script: line by line, with everything that the server
// says in a row joined, byte by byte, and cut in two at every position (at some of them
// under the race detector).
func TestScripts(t *testing.T) {
	scripts := readScripts(t)
	if len(scripts) < 60 {
		t.Errorf("%d scripts, want at least 60", len(scripts))
	}
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			longest := play(t, s, linewise)
			if t.Failed() {
				return
			}
			play(t, s, joined)
			play(t, s, bytewise)
			for at := 1; at < longest && !t.Failed(); at += splitEvery {
				play(t, s, splitAt(at))
			}
		})
	}
}

// player is a script being played.
type player struct {
	*kit
	script   script
	line     scriptLine
	chunking chunking

	inbound [][]byte // sent by the server since the last act
	longest int      // bytes of the longest inbound
	err     error    // of the last act or of the connection, until it is expected
	ended   error    // the error that ended the connection
	blocked bool     // the socket takes nothing
	socket  []byte   // the part of a frame that left

	sentWant, sentGot   []string
	eventWant, eventGot []string
}

func play(t *testing.T, s script, c chunking) (longest int) {
	t.Helper()
	p := &player{script: s, chunking: c}
	config := Config{Username: "u", Password: "p", ReceiveBytes: 4096}
	config.Send.Bytes, config.Send.Records = 16<<10, 64
	lines := s.lines
	for len(lines) > 0 && lines[0].verb == "config" {
		configure(t, &config, lines[0].rest)
		lines = lines[1:]
	}
	p.kit = newKit(t, config)
	for _, p.line = range lines {
		p.step()
		if t.Failed() {
			t.Logf("at %s:%d: %s %s (played %T)", s.name, p.line.number, p.line.verb, p.line.rest, c)
			return p.longest
		}
	}
	p.sync()
	if p.err != nil {
		t.Errorf("%s: unexpected at the end: %v", s.name, p.err)
	}
	return p.longest
}

// configure applies settings of the form name=value.
func configure(t *testing.T, c *Config, settings string) {
	t.Helper()
	for name, value := range pairs(settings) {
		switch name {
		case "token":
			c.Token = value
		case "account_from_start":
			c.AccountFromStart = value == "true"
		case "require_caught_up":
			c.RequireCaughtUp = value == "true"
		case "cancel_unresolved":
			c.CancelUnresolved = value == "true"
		case "reconnect_on_account_gap":
			c.ReconnectOnAccountGap = value == "true"
		case "resume":
			c.Resume = map[string]ResumeMode{
				"account": ResumeAccount, "session": ResumeSession, "none": ResumeNone,
			}[value]
		case "account_sequence":
			c.AccountSequence = number(t, value)
		case "earlier":
			c.ResumeFrom.ID = value
		case "in":
			c.ResumeFrom.In = number(t, value)
		case "out":
			c.ResumeFrom.Out = number(t, value)
		case "cancel_all_on_failure":
			c.CancelAllOnFailure = value == "true"
		case "references":
			c.ReferenceBase = number(t, value)
		case "throttle":
			c.DisableThrottle = value == "off"
		case "unanswered":
			c.UnansweredMax = int(number(t, value))
		case "records":
			c.Send.Records = int(number(t, value))
		case "stale_after":
			c.StaleAfter = time.Duration(duration(t, value))
		default:
			t.Fatalf("unknown setting %q", name)
		}
	}
}

// step carries out one line.
func (p *player) step() {
	p.t.Helper()
	switch verb := p.line.verb; {
	case verb == "login":
		p.stepLogin()
	case verb == "do":
		p.sync()
		p.unexpected()
		p.do()
		p.collect()
	case verb == "wait":
		p.sync()
		p.wait(duration(p.t, p.line.rest))
	case verb == "E":
		p.eventWant = append(p.eventWant, p.line.rest)
	case verb == "!":
		p.sync()
		if got := errorText(p.s, p.err); got != p.line.rest {
			p.t.Errorf("error %q, want %q", got, p.line.rest)
		}
		p.err = nil
	case verb == "counters":
		p.sync()
		p.unexpected()
		want := pairs(p.line.rest)
		p.counters(number(p.t, want["in"]), number(p.t, want["out"]))
	case verb == "deadline":
		p.sync()
		if got, want := p.s.Deadline()-p.now, duration(p.t, p.line.rest); got != want {
			p.t.Errorf("deadline in %v, want %v", time.Duration(got), time.Duration(want))
		}
	case verb == "bytes":
		b := unhex(p.t, strings.ReplaceAll(p.line.rest, " ", ""))
		p.inbound = append(p.inbound, b)
	case verb[0] == 'S':
		p.inbound = append(p.inbound, frameOf(p.t, verb[1:], p.line.rest))
	case verb[0] == 'C':
		p.sentWant = append(p.sentWant, hex.EncodeToString(frameOf(p.t, verb[1:], p.line.rest)))
	default:
		p.t.Fatalf("unknown verb %q", verb)
	}
}

// stepLogin is the start of most scripts.
func (p *player) stepLogin() {
	p.t.Helper()
	for _, line := range []scriptLine{
		{verb: "do", rest: "open"},
		{verb: "E", rest: "state changed login sent"},
		{verb: "C1", rest: "LOGIN username=u password=p"},
		{verb: "S1", rest: "LOGIN_RESPONSE session=A reset=2"},
		{verb: "E", rest: "state changed established"},
		{verb: "E", rest: "logged in S1"},
		{verb: "E", rest: "caught up, incomplete: the login resumed from nothing"},
	} {
		p.line = scriptLine{p.line.number, line.verb, line.rest}
		p.step()
	}
	p.sync()
}

// sync lets arrive what the server said and compares what came of everything up to
// here.
func (p *player) sync() {
	p.t.Helper()
	if len(p.inbound) > 0 {
		for _, piece := range p.chunking(p.inbound) {
			p.feed(piece)
			if p.collect(); p.err != nil {
				break // a driver reads no more
			}
		}
		p.longest = max(p.longest, len(joined(p.inbound)[0]))
		p.inbound = nil
	}
	compare(p.t, "sent", p.sentGot, p.sentWant)
	compare(p.t, "event", p.eventGot, p.eventWant)
	p.sentGot, p.sentWant, p.eventGot, p.eventWant = nil, nil, nil, nil
}

func compare(t testing.TB, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s %d:\n  got %s\n want %s", what, i+1, g, w)
		}
	}
}

func (p *player) unexpected() {
	p.t.Helper()
	if p.err != nil {
		p.t.Errorf("unexpected error: %s", errorText(p.s, p.err))
	}
}

// collect takes events and bytes, as a driver does after each read.
func (p *player) collect() {
	p.t.Helper()
	for {
		e, err := p.s.Next(p.now)
		if err != nil {
			p.err, p.ended = err, err
		}
		if e == nil {
			break
		}
		p.eventGot = append(p.eventGot, eventText(e))
	}
	if !p.blocked {
		p.take(1 << 30)
	}
}

// take lets the socket take n bytes, and notes the frames that have left.
func (p *player) take(n int) {
	p.t.Helper()
	for n > 0 {
		b := p.s.Pending()
		if len(b) == 0 {
			return
		}
		b = b[:min(n, len(b))]
		n -= len(b)
		p.socket = append(p.socket, b...)
		p.s.Written(len(b))
		for {
			_, size, err := wire.Scan(p.socket, wire.Limits{})
			if err != nil {
				p.t.Fatal(err)
			}
			if size == 0 {
				break
			}
			p.sentGot = append(p.sentGot, hex.EncodeToString(p.socket[:size]))
			p.socket = p.socket[size:]
		}
	}
}

// wait lets time pass, in steps from deadline to deadline.
func (p *player) wait(d int64) {
	p.t.Helper()
	for end := p.now + d; p.now < end; {
		deadline := p.s.Deadline()
		if deadline < p.now {
			p.t.Fatalf("the deadline has passed and nothing was done about it")
		}
		p.now = min(max(deadline, p.now+1), end)
		if err := p.s.Tick(p.now); err != nil {
			p.err, p.ended = err, err
		}
		p.collect()
	}
}

// do is an act of the client.
func (p *player) do() {
	p.t.Helper()
	what, rest, _ := strings.Cut(p.line.rest, " ")
	switch what {
	case "open":
		p.err = p.s.Open(p.now)
	case "connecting":
		p.err = p.s.Connecting(p.now)
	case "ping":
		_, p.err = p.s.Ping(p.now)
	case "logout":
		p.err = p.s.Logout(p.now)
	case "forget":
		p.err = p.s.Forget()
	case "block":
		p.blocked = true
	case "unblock":
		p.blocked = false
	case "take":
		p.take(int(number(p.t, rest)))
	case "lost":
		// Why the connection ended: what Next or Tick said, or the transport's error.
		cause := p.ended
		if rest != "" {
			cause = map[string]error{"eof": io.EOF, "reset": errors.New("connection reset")}[rest]
		}
		p.ended, p.socket = nil, nil
		p.s.Lost(p.now, cause)
	default:
		typ, m := messageOf(p.t, what, rest)
		_, p.err = send(p.s, p.now, typ, m)
	}
}

// errorText is an error as scripts spell it, with the policy of what ends a
// connection.
func errorText(s *Session, err error) string {
	if err == nil {
		return "nothing"
	}
	text := strings.TrimPrefix(err.Error(), "session: ")
	if throttled := (*ThrottledError)(nil); errors.As(err, &throttled) {
		// Scripts have the reading; the error has the time until then.
		text = "throttled until " + strconv.FormatInt(s.ThrottledUntil(), 10)
	}
	var policy interface{ Policy() Policy }
	if errors.As(err, &policy) {
		text += "; retry " + policy.Policy().Retry.String()
		if policy.Policy().KeepSession {
			text += ", keep session"
		}
	}
	return text
}

// eventText is an event as scripts spell it.
func eventText(e *Event) string {
	text := e.Kind.String()
	switch e.Kind {
	case Message, Unknown, LoggedIn, LoggedOut, Pong, ThrottleExceeded:
		text += fmt.Sprintf(" S%d", e.Seq)
	}
	switch e.Kind {
	case Message:
		text += " " + typeText(e.Payload.GetType())
		if e.AccountSequence != 0 {
			text += fmt.Sprintf(" account_sequence=%d", e.AccountSequence)
		}
	case LoggedIn:
		if e.AccountSequence != 0 {
			text += fmt.Sprintf(" from account_sequence=%d", e.AccountSequence)
		}
	case LoggedOut:
		text += " " + reasonText(e.Reason)
	case StateChanged:
		text += " " + e.State.String()
		if e.Cause != nil {
			text += ": " + strings.TrimPrefix(e.Cause.Error(), "session: ")
		}
	case Gap, Recovered, AccountGap, AccountRecovered, AccountLost:
		text += fmt.Sprintf(" %d-%d", e.From, e.To)
	case AccountReset:
		text += fmt.Sprintf(" from %d to %d", e.From, e.To)
	case CaughtUp:
		if !e.Complete {
			text += ", incomplete: " + strings.TrimPrefix(e.Cause.Error(), "session: ")
		}
	case Pong:
		text += fmt.Sprintf(" of C%d after %v", e.Ping, time.Duration(e.RoundTrip))
	case SendResolved, SendUnresolved, AnswerMismatch:
		text += fmt.Sprintf(" C%d %s", e.Seq, typeText(e.Type))
		if e.Reference != 0 {
			text += fmt.Sprintf(" reference=%d", e.Reference)
		}
		if e.Kind != AnswerMismatch {
			text += fmt.Sprintf(" %v: %s", e.Fate, strings.TrimPrefix(e.Cause.Error(), "session: "))
		}
	}
	if e.Origin == Replayed {
		text += " replayed"
	}
	if e.Resumed {
		text += " resumed"
	}
	return text
}

// typeText is the name of the field that a type's body is in.
func typeText(typ msg.PayloadType) string {
	field := new(seto.Payload).ProtoReflect().Descriptor().Fields().ByNumber(protoNumber(typ))
	if field == nil {
		return fmt.Sprintf("type=%d", typ)
	}
	return string(field.Name())
}

func reasonText(r msg.EtoLogoutReason) string {
	if !r.Known() {
		return strconv.Itoa(int(r))
	}
	return strings.TrimPrefix(r.String(), "LOGOUT_")
}

// standard is a standard message with the marshaler's methods.
type standard interface {
	proto.Message
	SizeVT() int
	MarshalToSizedBufferVT(b []byte) (int, error)
}
