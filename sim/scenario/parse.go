package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/sim"
)

// Limits of a file.
const (
	fileBytesMax = 1 << 20
	stepsMax     = 10_000
	timeMax      = 24 * time.Hour
	burstMax     = 100_000
)

// Error says what is wrong with a scenario, and where.
type Error struct {
	File string
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// Scenario is a file that was read.
type Scenario struct {
	Name  string
	About string
	End   time.Duration // of its last statement

	file   string
	config []func(*sim.Config) error
	steps  []step
	needs  []need
}

// step is one statement with its time.
type step struct {
	at    time.Duration
	line  int
	text  string
	bots  bool // is for Play alone
	check bool // is an expectation
	do    func(*Runner) error
}

// need is something of the exchange that a statement names.
type need struct {
	line int
	what string // "market", "contract", "event", "account"
	id   uint32
	name string
}

// Read reads a scenario; name is for errors, which are [*Error].
func Read(name string, content []byte) (*Scenario, error) {
	s := &Scenario{Name: strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".txt"), file: name}
	if len(content) > fileBytesMax {
		return nil, &Error{name, 1, fmt.Sprintf("is longer than %d bytes", fileBytesMax)}
	}
	number := 0
	for text := range strings.SplitSeq(strings.TrimPrefix(string(content), "\ufeff"), "\n") { // without a byte order mark
		number++
		text, _, _ = strings.Cut(text, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if err := s.statement(number, words); err != nil {
			return nil, &Error{name, number, err.Error()}
		}
	}
	switch {
	case s.About == "":
		return nil, &Error{name, number, "lacks a line: about TEXT"}
	case len(s.steps) == 0:
		return nil, &Error{name, number, "nothing happens in it"}
	}
	return s, nil
}

func (s *Scenario) statement(number int, words []string) error {
	p := &parser{scenario: s, line: number, words: words[1:]}
	switch words[0] {
	case "about":
		if s.About != "" {
			return fmt.Errorf("about is given twice")
		}
		s.About = strings.Join(words[1:], " ")
		return nil
	case "config":
		f := p.config()
		s.config = append(s.config, f)
		return p.end()
	}
	at, err := time.ParseDuration(words[0])
	switch {
	case err != nil || at < 0 || at > timeMax:
		return fmt.Errorf("%q is neither about, config nor a time such as 10s", words[0])
	case len(words) == 1:
		return fmt.Errorf("nothing is done at %s", words[0])
	case at < s.End:
		return fmt.Errorf("%v comes after %v", at, s.End)
	case len(s.steps) == stepsMax:
		return fmt.Errorf("has more than %d statements", stepsMax)
	}
	s.End = at
	st := step{at: at, line: number, text: strings.Join(words[1:], " ")}
	switch verb := p.word("what to do"); verb {
	case "bot":
		st.bots, st.do = true, p.bot()
	case "expect":
		st.bots, st.check, st.do = true, true, p.expect()
	default:
		st.do = p.action(verb)
	}
	s.steps = append(s.steps, st)
	return p.end()
}

// parser reads the words of one statement. The first error sticks.
type parser struct {
	scenario *Scenario
	line     int
	words    []string
	err      error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// end makes sure that no word is left.
func (p *parser) end() error {
	if len(p.words) > 0 {
		p.fail("%q is too much", p.words[0])
	}
	return p.err
}

func (p *parser) word(what string) string {
	if len(p.words) == 0 {
		p.fail("lacks %s", what)
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// rest is the text up to the end of the line.
func (p *parser) rest() string {
	text := strings.Join(p.words, " ")
	p.words = nil
	return text
}

func (p *parser) number(what string, most uint64) uint64 {
	w := p.word(what)
	v, err := strconv.ParseUint(w, 10, 64)
	if p.err == nil && (err != nil || v > most) {
		p.fail("%s: %q is not a number of 0 to %d", what, w, most)
	}
	return v
}

func (p *parser) span(what string) time.Duration {
	w := p.word(what)
	d, err := time.ParseDuration(w)
	if p.err == nil && (err != nil || d <= 0 || d > timeMax) {
		p.fail("%s: %q is not a span of time such as 8s", what, w)
	}
	return d
}

// choice reads one of some words.
func choice[T any](p *parser, what string, choices map[string]T) T {
	w := p.word(what)
	v, ok := choices[w]
	if p.err == nil && !ok {
		p.fail("%s: %q is none of %s", what, w, strings.Join(sortedKeys(choices), ", "))
	}
	return v
}

func (p *parser) onOff() bool {
	return choice(p, "on or off", map[string]bool{"on": true, "off": false})
}

func (p *parser) need(what string, id uint32, name string) {
	p.scenario.needs = append(p.scenario.needs, need{p.line, what, id, name})
}

func (p *parser) id(what string) uint32 {
	id := uint32(p.number(what, 1<<32-1))
	p.need(what, id, "")
	return id
}

func (p *parser) user() string {
	name := p.word("a username")
	p.need("account", 0, name)
	return name
}

// Check says whether an exchange of this configuration has all that the scenario names.
func (s *Scenario) Check(c sim.Config) error {
	has := make(map[need]bool)
	for _, m := range c.Markets {
		has[need{what: "market", id: m.ID}] = true
		for _, ct := range m.Contracts {
			has[need{what: "contract", id: ct.ID}] = true
		}
	}
	for _, e := range c.Events {
		has[need{what: "event", id: e.ID}] = true
	}
	for _, a := range c.Accounts {
		has[need{what: "account", name: a.Username}] = true
	}
	for _, n := range s.needs {
		key := n
		key.line = 0
		if !has[key] {
			name := n.name
			if name == "" {
				name = strconv.FormatUint(uint64(n.id), 10)
			}
			return &Error{s.file, n.line, fmt.Sprintf("the exchange has no %s %s", n.what, name)}
		}
	}
	return nil
}

// Apply changes a configuration as the scenario asks.
func (s *Scenario) Apply(c *sim.Config) error {
	c.Markets = append([]sim.Market(nil), c.Markets...)
	for _, f := range s.config {
		if err := f(c); err != nil {
			return &Error{s.file, 1, err.Error()}
		}
	}
	return nil
}
