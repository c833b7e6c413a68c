package msg_test

import (
	"errors"
	"fmt"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Read a fill as the exchange sends it, and encode an order at its price.
func Example() {
	received := []byte("\x08\x06\x12\x02\x08\x09" + // type order_executed, sequence 9
		"\x3a\x17\x10\xc4\x13\x20\x80\xb5\x18\x38\x01\x40\x01\x48\xa0\x8d\x06\x50\xc0\x9a\x0c\x58\x07\x70\x00")

	var payload msg.Payload // claimed once, decoded into for every message
	var unknown msg.Unknown
	if err := payload.Decode(received, &unknown); err != nil {
		fmt.Println(err)
		return
	}
	if !payload.HasOrderExecuted() {
		return
	}
	fill := payload.GetOrderExecuted()
	side, sideErr := fill.TypedSide()
	price, priceErr := fill.TypedPrice()
	quantity, quantityErr := fill.TypedQuantity()
	if err := errors.Join(sideErr, priceErr, quantityErr); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(side, quantity, "at", price)
	if _, err := fill.TypedAvailableBalance(); errors.Is(err, msg.ErrAbsent) {
		fmt.Println("the balance is not known")
	}

	var order msg.OrderCreate
	order.SetMarketId(fill.GetMarketId())
	order.SetContractId(fill.GetContractId())
	if err := errors.Join(
		order.SetTypedSide(side.Opposite()),
		order.SetTypedPrice(price),
		order.SetTypedQuantity(quantity),
	); err != nil {
		fmt.Println(err)
		return
	}
	body, err := order.MarshalVT()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v\n% x\n", &order, body)
	// Output:
	// buy 40.00 at 25%
	// the balance is not known
	// order_create{side=SIDE_SELL quantity=400000 price=2500 market_id=100000 contract_id=200000}
	// 20 02 30 80 b5 18 40 c4 13 60 a0 8d 06 68 c0 9a 0c
}

// An order's keys are read at once.
func ExampleOrderCreate_Keys() {
	var order msg.OrderCreate
	order.SetSide(msg.SideSell)
	order.SetPrice(2500)
	order.SetQuantity(400000)
	order.SetReference(7)
	keys := order.Keys()
	fmt.Println(keys.Type, keys.Reference, keys.Side, keys.Quantity, keys.Price, keys.OrderID)
	// Output:
	// PAYLOAD_ORDER_CREATE 7 SIDE_SELL 400000 2500 0
}

// A balance comes as floating point and is read exactly.
func ExampleBalanceChanged_TypedAvailableBalance() {
	var m msg.BalanceChanged
	m.SetAvailableBalance(1234.1)
	balance, err := m.TypedAvailableBalance()
	fmt.Println(balance, err)
	fmt.Println(balance == 1234*odds.Whole+10*odds.Cent)
	_, err = m.TypedExposure()
	fmt.Println(err)
	// Output:
	// 1234.10 <nil>
	// true
	// msg: field is absent
}
