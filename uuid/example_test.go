package uuid_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/smk-go/smk/uuid"
)

// One identifier in all its forms.
func Example() {
	event := uuid.New(uuid.Event, 100)
	fmt.Println(event.High(), event.Low())
	fmt.Printf("%s %c\n", event.Tag().Hex(), event.Tag().Prefix())
	fmt.Println(event)
	fmt.Println(event.Slug(uuid.SlugFormat{Bare: true}))
	fmt.Println(event.Slug(uuid.SlugFormat{Base: 62}))
	fmt.Println(event.Slug(uuid.SlugFormat{Pad: 8}))
	fmt.Println(event.Hex())
	fmt.Printf("%s\n", event.AppendHex(nil, 0))
	fmt.Println(event.ShortHex())
	binary, err := event.MarshalBinary()
	fmt.Printf("%x %v\n", binary, err)
	// Output:
	// 0 100
	// 1100 e
	// e-3wk5c
	// 3wk5c
	// e-rw1q
	// e-0003wk5c
	// 00000000000000000000000000641100
	// 641100
	// 64
	// 000000000000000000000000000000641100 <nil>
}

// A message carries high and low; whoever reads it knows the tag.
func ExampleNew128() {
	order := uuid.New128(uuid.Order, 3408723498, 20346320385)
	fmt.Println(order)
	fmt.Println(order.High(), order.Low())
	// Output:
	// o-8k9z998uxzp3341zz9zshc
	// 3408723498 20346320385
}

func ExampleNew() {
	event, contract := uuid.New(uuid.Event, 100), uuid.New(uuid.Contract, 100)
	fmt.Println(event, contract, event == contract)
	// Output: e-3wk5c c-3xl8s false
}

func ExampleFromBig() {
	number, _ := new(big.Int).SetString("62879849985645992640850966017", 10)
	account, err := uuid.FromBig(uuid.Account, number)
	fmt.Println(account, err)
	fmt.Println(account.Big())
	_, err = uuid.FromBig(uuid.Account, number.Neg(number))
	fmt.Println(err)
	// Output:
	// a-8k9z998uxzp3343bc0ongh <nil>
	// 62879849985645992640850966017
	// uuid: big.Int: number out of range
}

func ExampleParseSlug() {
	fmt.Println(uuid.ParseSlug("e-3wk5c"))
	fmt.Println(uuid.ParseSlug("E-3WK5C"))
	fmt.Println(uuid.ParseSlug("00003wk5c"))
	fmt.Println(uuid.ParseSlug([]byte("3wk5c")))
	fmt.Println(uuid.ParseSlug("c-3wk5c"))
	// Output:
	// e-3wk5c <nil>
	// e-3wk5c <nil>
	// e-3wk5c <nil>
	// e-3wk5c <nil>
	// ?-0 uuid: slug: wrong prefix "c" for Event
}

// Above base 36 the case of a letter matters.
func ExampleParseSlugBase() {
	fmt.Println(uuid.ParseSlugBase("e-rw1q", 62))
	_, err := uuid.ParseSlugBase("e-RW1Q", 62)
	fmt.Println(err)
	// Output:
	// e-3wk5c <nil>
	// uuid: slug: unknown tag 24b2 at byte 2
}

func ExampleParseHex() {
	fmt.Println(uuid.ParseHex("00000000000000000000000000641100"))
	fmt.Println(uuid.ParseHex("641100"))
	_, err := uuid.ParseHex("641101")
	fmt.Println(err)
	// Output:
	// e-3wk5c <nil>
	// e-3wk5c <nil>
	// uuid: hex: unknown tag 1101 at byte 2
}

func ExampleParseShortHex() {
	fmt.Println(uuid.ParseShortHex(uuid.Event, "64"))
	// Output: e-3wk5c <nil>
}

// Parse reads the forms that say what they are, and no others.
func ExampleParse() {
	fmt.Println(uuid.Parse("e-3wk5c"))
	fmt.Println(uuid.Parse("00000000000000000000000000641100"))
	_, err := uuid.Parse("641100") // hex, or a slug in base 36?
	fmt.Println(err)
	// Output:
	// e-3wk5c <nil>
	// e-3wk5c <nil>
	// uuid: text: not a form of an identifier
}

// What is refused is refused for a reason, at a place.
func ExampleError() {
	_, err := uuid.ParseSlug("e-32_0g")
	var refused *uuid.Error
	if errors.As(err, &refused) {
		fmt.Printf("%s, byte %d: %q\n", refused.Form, refused.Pos, refused.Byte)
	}
	fmt.Println(errors.Is(err, uuid.ErrDigit))
	fmt.Println(err)
	// Output:
	// slug, byte 4: '_'
	// true
	// uuid: slug: bad digit "_" of base 36 at byte 4
}

// A line of a log grows in a buffer of the caller.
func ExampleUUID_AppendSlug() {
	line := make([]byte, 0, 128)
	line = append(line, "filled "...)
	line = uuid.New(uuid.Order, 77).AppendSlug(line, uuid.SlugFormat{})
	line = append(line, " in "...)
	line = uuid.New(uuid.ContractGroup, 52).AppendSlug(line, uuid.SlugFormat{Pad: 8})
	fmt.Println(string(line))
	// Output: filled o-31ka8 in m-000223hg
}

func ExampleUUID_AppendHex() {
	event := uuid.New(uuid.Event, 100)
	fmt.Printf("%s\n", event.AppendHex(nil, uuid.HexPad))
	fmt.Printf("%s\n", event.AppendHex(nil, 0))
	fmt.Printf("%s\n", event.AppendShortHex(nil))
	// Output:
	// 00000000000000000000000000641100
	// 641100
	// 64
}

func ExampleUUID_Compare() {
	ids := []uuid.UUID{uuid.New(uuid.Order, 3), uuid.New(uuid.Event, 3), uuid.New(uuid.Order, 1)}
	slices.SortFunc(ids, uuid.UUID.Compare)
	for _, id := range ids {
		n, _ := id.Uint64()
		fmt.Println(n, id.Tag())
	}
	// Output:
	// 1 Order
	// 3 Event
	// 3 Order
}

// The zero UUID is null, and null is the zero UUID.
func ExampleUUID_MarshalJSON() {
	type fill struct {
		Order   uuid.UUID            `json:"order"`
		Account uuid.UUID            `json:"account"`
		Bets    map[uuid.UUID]string `json:"bets"`
	}
	text, err := json.Marshal(fill{
		Order: uuid.New(uuid.Order, 77),
		Bets:  map[uuid.UUID]string{uuid.New(uuid.Contract, 1): "home"},
	})
	fmt.Printf("%s %v\n", text, err)
	var f fill
	err = json.Unmarshal(text, &f)
	fmt.Println(f.Order, f.Account.IsZero(), f.Bets, err)
	// Output:
	// {"order":"o-31ka8","account":null,"bets":{"c-2j0s":"home"}} <nil>
	// o-31ka8 true map[c-2j0s:home] <nil>
}

func ExampleUUID_MarshalBinary() {
	data, err := uuid.New(uuid.Event, 100).MarshalBinary()
	fmt.Printf("%x %v\n", data, err)
	var event uuid.UUID
	err = event.UnmarshalBinary(data)
	fmt.Println(event, err)
	// Output:
	// 000000000000000000000000000000641100 <nil>
	// e-3wk5c <nil>
}

// A column holds slugs or padded hex; NULL is the zero UUID.
func ExampleUUID_Scan() {
	var event uuid.UUID
	fmt.Println(event.Scan([]byte("e-3wk5c")), event)
	fmt.Println(event.Scan(nil), event.IsZero())
	value, err := uuid.New(uuid.Event, 100).Value()
	fmt.Println(value, err)
	// Output:
	// <nil> e-3wk5c
	// <nil> true
	// e-3wk5c <nil>
}

func ExampleTag() {
	for _, tag := range uuid.Tags() {
		fmt.Printf("%c %s %s\n", tag.Prefix(), tag.Hex(), tag)
	}
	fmt.Println(uuid.TagOfName("Order"))
	fmt.Println(uuid.TagOfPrefix('m'))
	// Output:
	// a acc1 Account
	// m c024 ContractGroup
	// c cccc Contract
	// o fff0 Order
	// b b1a4 Comment
	// n 0444 Entity
	// e 1100 Event
	// s 9999 Session
	// u 0f00 User
	// r 4e4e Referrer
	// Order true
	// ContractGroup true
}
