package engine

// stage is a place of what follows the session's events before the bot's handlers do, so that a handler sees
// the world as of its event.
type stage uint8

// The stages, in the order in which they see an event.
const (
	stageJournal stage = iota
	stageOrders
	stageBooks
	stageCount
)

// stages are what is in the places. Empty ones cost nothing, all of them together one comparison an event.
type stages struct {
	apply [stageCount]func(*Event)
	used  bool
}

// set fills a place. It is for New.
func (s *stages) set(at stage, apply func(*Event)) { s.apply[at], s.used = apply, true }

// event shows an event to all of them.
func (s *stages) event(ev *Event) {
	for _, apply := range s.apply {
		if apply != nil {
			apply(ev)
		}
	}
}
