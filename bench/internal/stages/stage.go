package stages

import (
	"github.com/smk-go/smk/bench/internal/fixture"
)

// Stage is one stretch of the way.
type Stage struct {
	Name string

	// Loop takes n messages, or n orders, over the stretch. It may be called again and again and
	// then goes on where it was.
	Loop func(n int) error
}

// Group is the stages that are compared with each other, the shortest stretch first.
type Group struct {
	Name string
	// Base is the name of the stage that the others are compared with.
	Base   string
	Stages []Stage
	closes []func() error
}

// Close gives everything back that the stages hold.
func (g *Group) Close() error {
	var first error
	for _, c := range g.closes {
		if err := c(); err != nil && first == nil {
			first = err
		}
	}
	g.closes = nil
	return first
}

// add adds a stage that is made by a function, unless one failed before.
func (g *Group) add(err error, name string, open func() (loop func(int) error, close func() error, err error)) error {
	if err != nil {
		return err
	}
	loop, end, err := open()
	if err != nil {
		return err
	}
	g.Stages = append(g.Stages, Stage{name, loop})
	if end != nil {
		g.closes = append(g.closes, end)
	}
	return nil
}

// Inbound is the feeds that In is measured with.
func Inbound() []fixture.Feed {
	return []fixture.Feed{fixture.ExecutedVar(), fixture.QuotesVar(), fixture.Mixed()}
}

// Groups is all there is to be measured, each made when it is its turn.
func Groups() []func() (*Group, error) {
	var groups []func() (*Group, error)
	for _, feed := range Inbound() {
		groups = append(groups, func() (*Group, error) { return In(feed) })
	}
	return append(groups, Order, Trade)
}
