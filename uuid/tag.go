package uuid

import "encoding/binary"

// Tag says what a number identifies. Only the tags named here are known.
type Tag uint16

// The tags of the exchange. Its API says market where tags say contract group.
const (
	Account       Tag = 0xacc1 // prefix a
	ContractGroup Tag = 0xc024 // prefix m: a market
	Contract      Tag = 0xcccc // prefix c
	Order         Tag = 0xfff0 // prefix o
	Comment       Tag = 0xb1a4 // prefix b
	Entity        Tag = 0x0444 // prefix n
	Event         Tag = 0x1100 // prefix e
	Session       Tag = 0x9999 // prefix s
	User          Tag = 0x0f00 // prefix u
	Referrer      Tag = 0x4e4e // prefix r
)

// Tags returns all known tags.
func Tags() [10]Tag {
	return [...]Tag{Account, ContractGroup, Contract, Order, Comment, Entity, Event, Session, User, Referrer}
}

// unknownPrefix stands where the prefix of a tag that has none would. No slug
// with it is ever read.
const unknownPrefix = '?'

// known has every known tag where slot puts it. The other entries have no
// letter.
var known = func() (table [16]struct {
	tag    Tag
	letter byte
	name   string
},
) {
	const letters = "amcobnesur"
	names := [...]string{
		"Account", "ContractGroup", "Contract", "Order", "Comment",
		"Entity", "Event", "Session", "User", "Referrer",
	}
	for i, tag := range Tags() {
		e := &table[tag.slot()]
		e.tag, e.letter, e.name = tag, letters[i], names[i]
	}
	return table
}()

// slot is different for every known tag.
func (t Tag) slot() uint32 { return uint32(t) * 3 >> 11 & 15 }

// letter returns the tag's prefix, or 0.
func (t Tag) letter() byte {
	e := &known[t.slot()]
	if e.tag != t {
		return 0
	}
	return e.letter
}

// Valid reports whether the tag is known.
func (t Tag) Valid() bool { return t.letter() != 0 }

// Prefix returns the letter that slugs with this tag start with, or '?' if the
// tag is not known.
func (t Tag) Prefix() byte {
	if c := t.letter(); c != 0 {
		return c
	}
	return unknownPrefix
}

// Hex returns the tag as hex ends with it: four digits.
func (t Tag) Hex() string {
	var buf [hexWord]byte
	binary.LittleEndian.PutUint64(buf[:], hexDigits(uint32(t)))
	return string(buf[hexWord-tagDigits:])
}

// String returns the tag's name, or "Tag(1a2b)" if the tag is not known.
func (t Tag) String() string {
	if !t.Valid() {
		return "Tag(" + t.Hex() + ")"
	}
	return known[t.slot()].name
}

// TagOfName returns the tag with that name, such as "Order", and whether
// there is one.
func TagOfName(name string) (tag Tag, ok bool) {
	for i := range known {
		if e := &known[i]; e.letter != 0 && e.name == name {
			return e.tag, true
		}
	}
	return 0, false
}

// TagOfPrefix returns the tag whose slugs start with that letter, in lower
// case, and whether there is one.
func TagOfPrefix(letter byte) (tag Tag, ok bool) {
	for i := range known {
		if e := &known[i]; e.letter != 0 && e.letter == letter {
			return e.tag, true
		}
	}
	return 0, false
}
