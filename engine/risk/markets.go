package risk

import (
	"errors"
	"math/bits"
)

// What a change of the markets can fail with.
var (
	ErrMarketsOff  = errors.New("risk: all markets are allowed: Config.Markets is empty")
	ErrMarketsFull = errors.New("risk: Config.MarketsMax markets are allowed already")
	ErrMarketZero  = errors.New("risk: 0 is no market")
)

// markets is a set of market identifiers: open addressing, at most half full, 0 is a free place.
type markets struct {
	slots []uint32 // nil if all are allowed
	shift uint8
	count int
	max   int
}

func (m *markets) init(ids []uint32, most int) {
	if len(ids) == 0 {
		return
	}
	log := bits.Len(uint(2*most - 1))
	m.slots, m.shift, m.max = make([]uint32, 1<<log), uint8(32-log), most
	for _, id := range ids {
		_ = m.add(id) // cannot fail: the configuration was checked
	}
}

// find returns the place of a market, or the free one where it would be.
func (m *markets) find(id uint32) int {
	mask := len(m.slots) - 1
	at := m.home(id)
	for m.slots[at] != id && m.slots[at] != 0 {
		at = (at + 1) & mask
	}
	return at
}

// home is where the search for a market begins.
func (m *markets) home(id uint32) int { return int(id * 0x9e3779b9 >> m.shift) }

func (m *markets) allowed(id uint32) bool {
	return m.slots == nil || id != 0 && m.slots[m.find(id)] == id
}

func (m *markets) add(id uint32) error {
	switch {
	case m.slots == nil:
		return ErrMarketsOff
	case id == 0:
		return ErrMarketZero
	}
	at := m.find(id)
	if m.slots[at] == id {
		return nil
	}
	if m.count == m.max {
		return ErrMarketsFull
	}
	m.slots[at] = id
	m.count++
	return nil
}

// remove takes a market out and closes the chain behind it.
func (m *markets) remove(id uint32) error {
	switch {
	case m.slots == nil:
		return ErrMarketsOff
	case id == 0:
		return ErrMarketZero
	}
	mask := len(m.slots) - 1
	free := m.find(id)
	if m.slots[free] == 0 {
		return nil
	}
	m.count--
	for at := (free + 1) & mask; m.slots[at] != 0; at = (at + 1) & mask {
		// A market stays where it is if its search begins behind the free place.
		if (at-m.home(m.slots[at]))&mask >= (at-free)&mask {
			m.slots[free] = m.slots[at]
			free = at
		}
	}
	m.slots[free] = 0
	return nil
}
