import CanteenModel
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct RegistryTests {
  @Test(
    "every list is exported as it is imported, with the programme's words, and then changes nothing"
  )
  func roundTrip() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    for (list, file) in Programme.files {
      let rows = file.split(separator: "\n").count - 1
      let exported = try await books.exportRegistry(list)
      #expect(exported.starts(with: [0xEF, 0xBB, 0xBF]))
      let again = try await books.importRegistry(list, exported)
      #expect(again == ImportOutcome(added: 0, changed: 0, unchanged: rows), "\(list.name)")
    }
    let canteens = String(decoding: try await books.exportRegistry(.canteens), as: UTF8.self)
    #expect(canteens.contains("1,机关食堂,7,一号楼,王主任,0731-1000\r\n"))
    try books.close()
  }

  @Test("a row that differs is changed, and one that is not in the file stays")
  func changes() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    let outcome = try await books.importRegistry(
      .units, Array("编号,单位名称,地区\n8,市档案馆,1\n10,市图书馆,1".utf8))
    #expect(outcome == ImportOutcome(added: 1, changed: 1, unchanged: 0))
    let file = String(decoding: try await books.exportRegistry(.units), as: UTF8.self)
    #expect(file.contains("7,市机关事务管理局,1,6217-0007"))
    #expect(file.contains("8,市档案馆,1,\r\n"))
    try books.close()
  }

  @Test(
    "each fault names its row and column, and nothing of the file is taken",
    arguments: [
      (
        RegistryList.units, "编号,单位名称,地区\n10,市图书馆,5",
        "row 2, column 地区: \"5\" is no region that is known"
      ),
      (.units, "编号,单位名称,地区\n10,市档案局,1", "row 2, column 单位名称: \"市档案局\" belongs to another row"),
      (.units, "编号,单位名称,地区\n0,市图书馆,1", "row 2, column 编号: \"0\" is not a number of 1 or more"),
      (.units, "编号,单位名称,地区\n4294967296,a,1", "is not a number of 1 or more"),
      (.units, "编号,单位名称\n10,市图书馆", "row 1: no column 地区"),
      (.units, "编号,单位名称,地区,电话\n10,市图书馆,1,1", "row 1: the column 电话 is not known"),
      (.units, "编号,number,单位名称,地区\n10,10,市图书馆,1", "row 1: the column 编号 is there twice"),
      (.units, "编号,单位名称,地区\n10,市图书馆,1\n10,市图书馆,1", "row 3 is about the same as row 2"),
      (.terms, "食堂,起始日期,经营方式,经营者\n1,2026-13-01,自营,1", "is not a day such as 2026-12-31"),
      (.terms, "食堂,起始日期,经营方式,经营者\n1,2026-10-01,承包,1", "is not one of 自营, 外包, 联合体, 包餐制"),
      (
        .survey, "\(RegistryTests.form)\n市博物馆,1,4,80,120.5,,15,,,,,",
        "\"市博物馆\" is no unit that is known"
      ),
      (
        .survey, "\(RegistryTests.form)\n市档案局,-1,4,80,,,15,,,,,",
        "column 食堂数量(个): \"-1\" is not a number of 0"
      ),
      (
        .survey, "\(RegistryTests.form)\n市档案局,1,4,80,,,15.005,,,,,",
        "\"15.005\" is not a number such as 12 or"
      ),
      (.tickets, "工单号,食堂,终端,类别,开始日期\n1,1,99,安装,2026-04-01", "\"99\" is no terminal that is known"),
      (.members, "账户,起始日期,单位,人员类别\n99,2026-01-01,7,1", "\"99\" is no account that is known"),
    ])
  func faults(list: RegistryList, file: String, fault: String) async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    let before = try await books.exportRegistry(list)
    let error = await #expect(throws: StoreError.self) {
      _ = try await books.importRegistry(list, Array(file.utf8))
    }
    #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
    #expect(try await books.exportRegistry(list) == before)
    try books.close()
  }

  /// The form's own header (信息统计表), as a unit fills it in.
  private static let form =
    "单位名称,食堂数量（个）,服务员人数（人）,食堂容量（人）,就餐面积（平方）,餐位标准（元/餐）早餐,餐位标准（元/餐）中餐,"
    + "餐位标准（元/餐）晚餐,食堂地点,联系人,联系电话,备注"

  @Test("the survey is taken as units hand it in, by their names, and the newest one counts")
  func survey() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    let file = "\(Self.form)\n市档案局,1,4,80,120.5,5,15,,二号楼,刘主任,0731-2000,\n"
    #expect(try await books.importRegistry(.survey, Array(file.utf8)).added == 1)
    let later = "单位名称,食堂数量,服务员人数,食堂容量,早餐,中餐\n市档案局,2,6,90,5.50,15"
    #expect(try await books.importRegistry(.survey, Array(later.utf8)).changed == 1)
    let exported = try await books.exportRegistry(.survey)
    #expect(
      String(decoding: exported, as: UTF8.self)
        == "\u{FEFF}单位名称,食堂数量(个),服务员人数(人),食堂容量(人),就餐面积(平方),餐位标准(元/餐)早餐,餐位标准(元/餐)中餐,"
        + "餐位标准(元/餐)晚餐,食堂地点,联系人,联系电话,备注\r\n市档案局,2,6,90,,5.50,15.00,,,,,\r\n")
    #expect(try await books.importRegistry(.survey, exported).unchanged == 1)
    try books.close()
  }

  @Test("tickets follow a terminal from its plan to its mending")
  func tickets() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    let file = "工单号,食堂,终端,类别,开始日期,完成日期,说明\n1,1,,计划,2023-04-01,2023-04-20,两台\n2,2,,维护,2026-05-06,,"
    #expect(try await books.importRegistry(.tickets, Array(file.utf8)).added == 2)
    let exported = try await books.exportRegistry(.tickets)
    #expect(
      String(decoding: exported, as: UTF8.self).hasSuffix(
        "1,1,,计划,2023-04-01,2023-04-20,两台\r\n2,2,,维护,2026-05-06,,\r\n"))
    #expect(try await books.importRegistry(.tickets, exported).unchanged == 2)
    try books.close()
  }

  @Test("a text that a spreadsheet would run is exported as a text, and imported as it was")
  func formula() async throws {
    let fixture = try SettlementFixture()
    let books = try await fixture.openProgramme()
    _ = try await books.importRegistry(
      .units, Array("编号,单位名称,地区\n10,\"=HYPERLINK(\"\"x\"\")\",1".utf8))
    let file = try await books.exportRegistry(.units)
    #expect(String(decoding: file, as: UTF8.self).contains("\"'=HYPERLINK(\"\"x\"\")\""))
    #expect(try await books.importRegistry(.units, file).changed == 0)
    try books.close()
  }
}
