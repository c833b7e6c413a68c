package uuid

import "testing"

// The tags of the exchange: name, value, prefix.
var tagTable = []struct {
	tag    Tag
	value  uint16
	name   string
	prefix byte
}{
	{Account, 0xacc1, "Account", 'a'},
	{ContractGroup, 0xc024, "ContractGroup", 'm'},
	{Contract, 0xcccc, "Contract", 'c'},
	{Order, 0xfff0, "Order", 'o'},
	{Comment, 0xb1a4, "Comment", 'b'},
	{Entity, 0x0444, "Entity", 'n'},
	{Event, 0x1100, "Event", 'e'},
	{Session, 0x9999, "Session", 's'},
	{User, 0x0f00, "User", 'u'},
	{Referrer, 0x4e4e, "Referrer", 'r'},
}

func TestTags(t *testing.T) {
	tags := Tags()
	if len(tags) != len(tagTable) {
		t.Fatalf("%d tags, want %d", len(tags), len(tagTable))
	}
	for i, want := range tagTable {
		tag := want.tag
		if tags[i] != tag || uint16(tag) != want.value || tag.String() != want.name || tag.Prefix() != want.prefix ||
			!tag.Valid() {
			t.Errorf("%v: %04x, prefix %c, valid %t; want %+v", tag, uint16(tag), tag.Prefix(), tag.Valid(), want)
		}
		if got, ok := TagOfName(want.name); got != tag || !ok {
			t.Errorf("name %s: %v, %t", want.name, got, ok)
		}
		if got, ok := TagOfPrefix(want.prefix); got != tag || !ok {
			t.Errorf("prefix %c: %v, %t", want.prefix, got, ok)
		}
	}
	if got := Entity.Hex(); got != "0444" {
		t.Errorf("Hex is %q", got)
	}
}

// No other number is a tag, and no other name or letter has one.
func TestUnknownTags(t *testing.T) {
	known := 0
	for n := range 1 << 16 {
		tag := Tag(n)
		if tag.Valid() {
			known++
			continue
		}
		if tag.Prefix() != '?' || tag.String() != "Tag("+tag.Hex()+")" {
			t.Fatalf("%04x: prefix %c, %v", n, tag.Prefix(), tag)
		}
	}
	if known != len(tagTable) {
		t.Errorf("%d tags are known", known)
	}
	for _, name := range []string{"", "order", "ORDER", "Market", "Tag(fff0)", " Order"} {
		if tag, ok := TagOfName(name); ok || tag != 0 {
			t.Errorf("%q is %v", name, tag)
		}
	}
	letters := 0
	for c := range 256 {
		tag, ok := TagOfPrefix(byte(c))
		if ok {
			letters++
		} else if tag != 0 {
			t.Errorf("%q: %v", byte(c), tag)
		}
	}
	if letters != len(tagTable) {
		t.Errorf("%d letters are prefixes", letters)
	}
}
