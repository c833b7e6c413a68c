package smknats

import (
	"testing"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// TestBeatsUnread has several beats come before what they say is read, as with a program that is busy: what it reads in
// the end is what is so, Fresh of a publisher that is not behind any more.
func TestBeatsUnread(t *testing.T) {
	beat := func(b *beats, behind bool) {
		e := &natspb.Envelope{
			Version: proto.Uint32(version), Account: proto.String("demo"), Publisher: proto.String("1"),
			Body: &natspb.Envelope_Beat{Beat: &natspb.Beat{Behind: &behind, Period: proto.Int64(int64(staleUsual))}},
		}
		data, err := proto.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.receive(&nats.Msg{Subject: "smk.test.ctl.demo.beat", Data: data})
	}
	for _, test := range []struct {
		name  string
		beats []bool // whether the publisher is behind
		want  EventKind
	}{
		{"well", []bool{false}, Fresh},
		{"behind", []bool{true}, Stale},
		{"behind, then well", []bool{true, false}, Fresh},
		{"well, then behind", []bool{false, true}, Stale},
		{"well, behind and well", []bool{false, true, false}, Fresh},
		{"behind, well and behind", []bool{true, false, true}, Stale},
	} {
		b := newBeats(0)
		for _, behind := range test.beats {
			beat(b, behind)
		}
		events := b.events(nil)
		if len(events) != 1 || events[0].Kind != test.want || b.stale("demo") != (test.want == Stale) {
			t.Errorf("%s: %v", test.name, events)
		}
		if more := b.events(nil); len(more) > 0 {
			t.Errorf("%s: then %v", test.name, more)
		}
		// What comes next is said, too.
		beat(b, test.want == Fresh)
		if events = b.events(nil); len(events) != 1 || events[0].Kind == test.want {
			t.Errorf("%s: after the other %v", test.name, events)
		}
	}
}

// TestBookOfSameSequence has a stream made anew in which a book's message has the number that another one had: the
// follower takes it, and not the same message twice.
func TestBookOfSameSequence(t *testing.T) {
	names, err := NewNames("test")
	if err != nil {
		t.Fatal(err)
	}
	f := &Follower{
		names: names, beats: newBeats(0), books: map[bookKey]*heldBook{}, c: FollowConfig{BooksMax: 10},
	}
	take := func(published int64, state natspb.BookState) {
		e := &natspb.Envelope{
			Version: proto.Uint32(version), Account: proto.String("demo"), Publisher: proto.String("1"),
			Published: &published,
			Body: &natspb.Envelope_Book{Book: &natspb.Book{
				State: &state, Quotes: &seto.ContractQuotes{MarketId: proto.Uint32(1), ContractId: proto.Uint32(2)},
			}},
		}
		data, err := proto.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.takeBook(item{subject: names.Book(1, 2), sequence: 3, data: data}); err != nil {
			t.Fatal(err)
		}
	}
	take(1, natspb.BookState_BOOK_LIVE)
	take(1, natspb.BookState_BOOK_LIVE)
	take(2, natspb.BookState_BOOK_SUSPECT)
	if books := f.Books(); len(f.queue) != 2 || len(books) != 1 || books[0].Live {
		t.Errorf("%d events, %+v", len(f.queue), books)
	}
}
