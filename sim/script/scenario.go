package script

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/sim"
)

// Limits of a scenario.
const (
	scenarioBytesMax = 1 << 20
	statementsMax    = 10_000
	timeMax          = 24 * time.Hour
	burstMax         = 100_000 // orders of one statement
)

// Scenario is a parsed scenario. It is not changed by running it and may be run many times.
type Scenario struct {
	Name  string        // the file's name without directory and ".txt"
	About string        // one line for people
	End   time.Duration // of the last statement, since the start

	file         string
	config       []func(*sim.Config) error
	statements   []statement
	requirements []requirement
}

// statement is one timed statement.
type statement struct {
	at      time.Duration
	line    int
	text    string
	runOnly bool // of a bot or an expectation: Start leaves it out
	expects bool // an expectation
	apply   func(*Runner) error
}

// requirement is an object of the exchange that a statement names.
type requirement struct {
	line int
	kind string // "market", "contract", "event" or "account"
	id   uint32
	name string
}

// Parse parses a scenario. name becomes Scenario.Name and the file of errors, which are [*Error].
// The content is not retained.
func Parse(name string, content []byte) (*Scenario, error) {
	s := &Scenario{Name: strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".txt"), file: name}
	if len(content) > scenarioBytesMax {
		return nil, &Error{name, 1, fmt.Sprintf("is longer than %d bytes", scenarioBytesMax)}
	}
	number := 0
	content = bytes.TrimPrefix(content, []byte(byteOrderMark))
	for text := range strings.SplitSeq(string(content), "\n") {
		number++
		text, _, _ = strings.Cut(text, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if err := s.parseStatement(number, words); err != nil {
			return nil, &Error{name, number, err.Error()}
		}
	}
	switch {
	case s.About == "":
		return nil, &Error{name, number, "missing statement: about TEXT"}
	case len(s.statements) == 0:
		return nil, &Error{name, number, "has no timed statement"}
	}
	return s, nil
}

func (s *Scenario) parseStatement(number int, words []string) error {
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
		return fmt.Errorf("no statement at %s", words[0])
	case at < s.End:
		return fmt.Errorf("%v comes after %v", at, s.End)
	case len(s.statements) == statementsMax:
		return fmt.Errorf("has more than %d statements", statementsMax)
	}
	s.End = at
	st := statement{at: at, line: number, text: strings.Join(words[1:], " ")}
	switch verb := p.word("what to do"); verb {
	case "bot":
		st.runOnly, st.apply = true, p.bot()
	case "expect":
		st.runOnly, st.expects, st.apply = true, true, p.expect()
	default:
		st.apply = p.action(verb)
	}
	s.statements = append(s.statements, st)
	return p.end()
}

// parser parses the words of one statement. It keeps the first error.
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

// end returns the first error; a word that is left is one.
func (p *parser) end() error {
	if len(p.words) > 0 {
		p.fail("unexpected %q", p.words[0])
	}
	return p.err
}

func (p *parser) word(what string) string {
	if len(p.words) == 0 {
		p.fail("missing %s", what)
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// rest returns the text up to the end of the line.
func (p *parser) rest() string {
	text := strings.Join(p.words, " ")
	p.words = nil
	return text
}

func (p *parser) number(what string, limit uint64) uint64 {
	w := p.word(what)
	v, err := strconv.ParseUint(w, 10, 64)
	if p.err == nil && (err != nil || v > limit) {
		p.fail("%s: %q is not a number of 0 to %d", what, w, limit)
	}
	return v
}

func (p *parser) span(what string) time.Duration {
	w := p.word(what)
	d, err := time.ParseDuration(w)
	if p.err == nil && (err != nil || d <= 0 || d > timeMax) {
		p.fail("%s: %q is not a duration such as 8s", what, w)
	}
	return d
}

// choice parses one of the words of choices.
func choice[T any](p *parser, what string, choices map[string]T) T {
	w := p.word(what)
	v, ok := choices[w]
	if p.err == nil && !ok {
		p.fail("%s: %q is not one of %s", what, w, strings.Join(sortedKeys(choices), ", "))
	}
	return v
}

func (p *parser) onOff() bool {
	return choice(p, "on or off", map[string]bool{"on": true, "off": false})
}

// require records that the statement names an object of the exchange.
func (p *parser) require(kind string, id uint32, name string) {
	p.scenario.requirements = append(p.scenario.requirements, requirement{p.line, kind, id, name})
}

func (p *parser) id(what string) uint32 {
	id := uint32(p.number(what, 1<<32-1))
	p.require(what, id, "")
	return id
}

func (p *parser) user() string {
	name := p.word("a username")
	p.require("account", 0, name)
	return name
}

// Check returns an [*Error] if an exchange of this configuration lacks an object that the
// scenario names.
func (s *Scenario) Check(c sim.Config) error {
	has := make(map[requirement]bool)
	for _, m := range c.Markets {
		has[requirement{kind: "market", id: m.ID}] = true
		for _, ct := range m.Contracts {
			has[requirement{kind: "contract", id: ct.ID}] = true
		}
	}
	for _, e := range c.Events {
		has[requirement{kind: "event", id: e.ID}] = true
	}
	for _, a := range c.Accounts {
		has[requirement{kind: "account", name: a.Username}] = true
	}
	for _, n := range s.requirements {
		key := n
		key.line = 0
		if !has[key] {
			name := n.name
			if name == "" {
				name = strconv.FormatUint(uint64(n.id), 10)
			}
			return &Error{s.file, n.line, fmt.Sprintf("the exchange has no %s %s", n.kind, name)}
		}
	}
	return nil
}

// Apply makes the changes of the scenario's config statements to c. It copies c.Markets first.
func (s *Scenario) Apply(c *sim.Config) error {
	c.Markets = append([]sim.Market(nil), c.Markets...)
	for _, f := range s.config {
		if err := f(c); err != nil {
			return &Error{s.file, 1, err.Error()}
		}
	}
	return nil
}
