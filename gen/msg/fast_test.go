package msg

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// slow are the bodies without a fast decoder: one has a repeated enum, the others have no fields.
var slow = map[PayloadType]bool{
	PayloadOrderInvalid:          true,
	PayloadPriceFeedSubscribe:    true,
	PayloadPriceFeedUnsubscribe:  true,
	PayloadMarketFeedSubscribe:   true,
	PayloadMarketFeedUnsubscribe: true,
}

// TestFastIsTaken expects the fast decoders to take every payload of the vectors that is made as the
// exchange makes it: a decoder that gave up on all would pass every other test, only slower.
//
// A payload without slack behind it is copied to the scratch memory for the fast decoder, while the
// strict one reads it where it is. Here it is in the scratch memory itself, one byte from the front, so
// that the copy moves it. What is decoded then is the payload only if the fast decoder read it.
func TestFastIsTaken(t *testing.T) {
	content, err := os.ReadFile("testdata/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Payload string }
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	taken := make(map[PayloadType]int)
	for i, v := range vectors {
		b, err := hex.DecodeString(v.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > scratchBytes {
			continue // not copied
		}
		var strict, moved Payload
		var u Unknown
		if err := strict.decodeStrict(b, &u); err != nil {
			t.Fatal(err)
		}
		eto := strict.GetEtoPayload()
		usual := u == (Unknown{}) && (strict.HasBody() || strict.GetType() == PayloadEto)
		usual = usual && !slow[strict.GetType()] && !eto.HasReplay() && !eto.HasLogin() && !eto.HasLoginResponse() &&
			!eto.HasLogout()
		in := moved.scratch[1 : 1+len(b) : 1+len(b)]
		copy(in, b)
		fast := moved.Decode(in, nil) == nil && moved.GetType() == strict.GetType() && moved.SizeVT() == strict.SizeVT()
		if fast != usual {
			t.Errorf("vector %d, fast: %v, of %v", i, fast, &strict)
		}
		if usual {
			taken[strict.GetType()]++
		}
	}
	if len(taken) != len(namesPayloadType)-1-3-len(slow) {
		t.Errorf("taken were payloads of %d types only: %v", len(taken), taken)
	}
}
