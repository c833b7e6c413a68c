package fault

// Held returns how much a line holds back, in messages and bytes.
func (l *Conn) Held() int {
	return len(l.queue) + len(l.heldOut) + len(l.heldIn) + len(l.heldUnsequenced)
}

// HeldMessages returns how many messages a line holds back, of each sort.
func (l *Conn) HeldMessages() (late, lateIn, before int) {
	return len(l.heldOut), len(l.heldIn), len(l.heldUnsequenced)
}

// HeldMax is the most of a sort.
const HeldMax = heldMax
