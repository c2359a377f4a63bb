import CanteenModel
import TerminalCore
import Testing

@Suite struct UnlitSalesTests {
  @Test(
    "a sale waits for its diner for two minutes from when it was known to be unlit",
    arguments: [(119_999, true), (120_000, false)] as [(Int64, Bool)])
  func window(later: Int64, isThere: Bool) throws {
    var unlit = UnlitSales()
    let sale = CoreFixture.earlier(try CoreFixture.sale(1500))
    unlit.add(sale, bootMilliseconds: 1000)
    #expect(
      unlit.sales(of: AccountID(11), bootMilliseconds: 1000 + later) == (isThere ? [sale] : []))
    #expect(unlit.sales(of: AccountID(12), bootMilliseconds: 1000).isEmpty)
    unlit.expire(bootMilliseconds: 1000 + later)
    #expect(unlit.isEmpty == !isThere)
  }

  @Test("a sale stands for one presentation only")
  func once() throws {
    var unlit = UnlitSales()
    let (first, second) = (
      CoreFixture.earlier(try CoreFixture.sale(1500), sequence: 5),
      CoreFixture.earlier(try CoreFixture.sale(1500), sequence: 6)
    )
    unlit.add(first, bootMilliseconds: 0)
    unlit.add(second, bootMilliseconds: 0)
    #expect(unlit.sales(of: AccountID(11), bootMilliseconds: 1) == [second, first])
    unlit.settle(second.position)
    #expect(unlit.sales(of: AccountID(11), bootMilliseconds: 1) == [first])
    unlit.settle(first.position)
    #expect(unlit.isEmpty)
  }

  @Test("a sale whose light failed again waits anew, and is there once")
  func again() throws {
    var unlit = UnlitSales()
    let sale = CoreFixture.earlier(try CoreFixture.sale(1500))
    unlit.add(sale, bootMilliseconds: 0)
    unlit.add(sale, bootMilliseconds: 100_000)
    #expect(unlit.sales(of: AccountID(11), bootMilliseconds: 110_000) == [sale])
    #expect(unlit.sales(of: AccountID(11), bootMilliseconds: 219_999) == [sale])
  }

  @Test("at the limit the oldest is forgotten")
  func limit() throws {
    var unlit = UnlitSales()
    for sequence in 1...UInt64(65) {
      unlit.add(
        CoreFixture.earlier(try CoreFixture.sale(1500), sequence: sequence), bootMilliseconds: 0)
    }
    let sales = unlit.sales(of: AccountID(11), bootMilliseconds: 0)
    #expect(sales.count == 64)
    #expect(sales.last?.position.sequence == SequenceNumber(2))
  }
}
