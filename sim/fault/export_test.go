package fault

// Held returns how much a connection holds back, in messages and bytes.
func (c *Conn) Held() int {
	return len(c.out.queue) + len(c.out.held) + len(c.heldIn) + len(c.heldUnsequenced)
}

// HeldMessages returns how many messages a connection holds back, in each list.
func (c *Conn) HeldMessages() (late, lateIn, before int) {
	return len(c.out.held), len(c.heldIn), len(c.heldUnsequenced)
}

// HeldMax is the limit of each list.
const HeldMax = heldMax
