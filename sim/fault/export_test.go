package fault

// Held returns how much a line holds back, in messages and bytes.
func (c *Conn) Held() int {
	return len(c.out.queue) + len(c.out.held) + len(c.heldIn) + len(c.heldUnsequenced)
}

// HeldMessages returns how many messages a line holds back, of each sort.
func (c *Conn) HeldMessages() (late, lateIn, before int) {
	return len(c.out.held), len(c.heldIn), len(c.heldUnsequenced)
}

// HeldMax is the most of a sort.
const HeldMax = heldMax
