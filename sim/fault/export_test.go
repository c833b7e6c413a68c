package fault

// Held returns how much a line holds back, in messages and bytes.
func (l *Line) Held() int {
	return len(l.queue) + len(l.late) + len(l.lateIn) + len(l.before)
}

// HeldMessages returns how many messages a line holds back, of each sort.
func (l *Line) HeldMessages() (late, lateIn, before int) {
	return len(l.late), len(l.lateIn), len(l.before)
}

// HeldMax is the most of a sort.
const HeldMax = heldMax
