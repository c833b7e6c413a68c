package engine

// stage is a position among the functions that see the session's events before the bot's handlers do, so that a
// handler finds state as of its event.
type stage uint8

// The stages, in the order in which they see an event.
const (
	stageOrders stage = iota
	stageBooks
	stageCount
)

// stages are the functions by position. All of them together cost one comparison an event while none is set.
type stages struct {
	apply [stageCount]func(*Event)
	used  bool
}

// set sets the function of a position. It is for New.
func (s *stages) set(at stage, apply func(*Event)) { s.apply[at], s.used = apply, true }

// event calls all functions with an event.
func (s *stages) event(ev *Event) {
	for _, apply := range s.apply {
		if apply != nil {
			apply(ev)
		}
	}
}
