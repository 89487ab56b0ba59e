"""One page of each archetype with invented figures, to look at the design system with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    Action,
    AnalysisPage,
    ApiCall,
    Chart,
    Choice,
    Code,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Leg,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Page,
    Part,
    Path,
    Progress,
    Row,
    Series,
    Share,
    Span,
    Status,
    Step,
    Table,
    Unit,
    Whole,
    World,
)

AT = datetime(2018, 8, 29, 14, 23, tzinfo=UTC)
WORLD = World(name="demo", kind="replay", generated=True, clock=AT)


def frame(lang: str, place: str = "orders", book: str = "Olist sample") -> Frame:
    return Frame(
        lang=lang,
        world=WORLD,
        path="/console/orders",
        query=(("state", "held"),),
        place=place,
        book=book,
        zone="America/Sao_Paulo",
    )


def brl(amount: int) -> Money:
    return Money(amount, "BRL")


def orders(lang: str) -> ListPage:
    zh = lang == "zh"
    states = (
        Status("托管中" if zh else "in escrow", "accent"),
        Status("已放款" if zh else "released", "good"),
        Status("已退款" if zh else "refunded", "warn"),
        Status("已作废" if zh else "void", "neutral"),
        Status("待付款" if zh else "awaiting payment", "bad"),
    )
    rows = tuple(
        Row(
            key=f"order_01k8r3v9q{n:02d}",
            href=f"/console/orders/order_01k8r3v9q{n:02d}",
            cells=(
                Link(f"e481f51cbdc54678b7cc49136f2d6a{n:02x}", f"/console/orders/{n}"),
                AT - timedelta(hours=5 * n),
                states[n * n % 5],
                "Gráfica São Miguel, Curitiba" if n % 3 else "深圳华强电子",
                brl(12_990 + 7_131 * n),
                brl(-1_299 - 713 * n) if n % 4 == 0 else None,
            ),
        )
        for n in range(24)
    )
    return ListPage(
        title="订单" if zh else "Orders",
        lead="每一笔订单的钱现在在哪里。" if zh else "Where the money of each order is now.",
        crumbs=(Link("总览" if zh else "Overview", "/console"),),
        api_calls=(ApiCall(path="/v1/orders?state=held&limit=50"),),
        table=Table(
            title="订单" if zh else "Orders",
            columns=(
                Column(title="订单" if zh else "Order", sort="key"),
                Column(title="下单时间" if zh else "Placed", sort="placed"),
                Column(title="状态" if zh else "State"),
                Column(title="商家" if zh else "Seller", wide=True),
                Column(title="实付" if zh else "Paid", align="end", basis="observed"),
                Column(title="退款" if zh else "Refunded", align="end"),
            ),
            rows=rows,
        ),
        filters=(
            Filter(
                name="state",
                label="状态" if zh else "State",
                kind="choice",
                value="held",
                choices=(Choice("held", "托管中" if zh else "in escrow"), Choice("void", "void")),
            ),
            Filter(name="from", label="从" if zh else "From", kind="date"),
            Filter(name="seller", label="商家" if zh else "Seller", placeholder="seller_…"),
        ),
        totals=(
            Figure(label="订单" if zh else "Orders", value=23_496, basis="observed"),
            Figure(label="托管余额" if zh else "Held in escrow", value=brl(48_213_377)),
            Figure(label="已放款" if zh else "Released", value=brl(3_612_840_021), tone="good"),
            Figure(label="佣金" if zh else "Commission", value=brl(301_220_111), basis="assumed"),
        ),
        sort="-placed",
        count="1,000+",
        next_href="/console/orders?after=x",
        exports=(Link("CSV", "/console/orders.csv"),),
        actions=(Action(label="确认收货" if zh else "Confirm", href="/console/orders/confirm"),),
    )


def nothing(lang: str) -> ListPage:
    page = orders(lang)
    return ListPage(
        title=page.title,
        table=Table(
            title=page.title,
            columns=page.table.columns,
            rows=(),
            empty=Empty(
                title="还没有订单" if lang == "zh" else "No orders yet",
                detail="导入订单历史，或生成一个样例市集。"
                if lang == "zh"
                else "Import an order history, or generate a sample marketplace.",
                command="huoshui replay --orders DIR",
            ),
        ),
        api_calls=page.api_calls,
    )


def order(lang: str) -> ObjectPage:
    zh = lang == "zh"
    account = Path("escrow", "/console/demo/accounts/1")
    seller = Path("merchant:slr_01byydjxf8e06sqbm88gag6ds9:settlement", "/console/demo/accounts/2")
    names = (
        "已下单 已付款 已发货 已送达 已确认 已打款"
        if zh
        else "placed paid shipped delivered confirmed paid_out"
    )
    steps = tuple(
        Step(
            text=name.replace("_", " "),
            state="done" if n < 4 else ("now" if n == 4 else "ahead"),
            at=AT + timedelta(days=n) if n < 5 else None,
        )
        for n, name in enumerate(names.split())
    )
    return ObjectPage(
        title="订单 e481f51c…" if zh else "Order e481f51c…",
        lead="Gráfica São Miguel → São Paulo, SP",
        crumbs=(
            Link("总览" if zh else "Overview", "/console"),
            Link("订单" if zh else "Orders", "/console/orders"),
        ),
        key="order_01k8r3v9q7f6w8mz3n5x2c4b1a",
        status=Status("已放款" if zh else "released", "good"),
        api_calls=(
            ApiCall(path="/v1/orders/order_01k8r3v9q7f6w8mz3n5x2c4b1a?expand=postings"),
            ApiCall(
                method="POST",
                path="/v1/orders/order_01k8r3v9q7/refunds",
                body='{"amount": 100}',
                note="Refund",
            ),
        ),
        steps=steps,
        figures=(
            Figure(label="实付" if zh else "Paid", value=brl(14_971), basis="observed"),
            Figure(label="商家应收" if zh else "To the seller", value=brl(11_988), basis="assumed"),
            Figure(
                label="佣金" if zh else "Commission",
                value=brl(1_620),
                basis="assumed",
                hint="12.0 %",
            ),
            Figure(
                label="付款到打款" if zh else "Payment to payout", value=Span(11 * 86_400 + 5_000)
            ),
        ),
        whole=Whole(
            title="钱去了哪里" if zh else "Where the money went",
            basis="assumed",
            parts=(
                Part(label="商家" if zh else "Seller", amount=brl(11_988), series=1),
                Part(label="佣金" if zh else "Commission", amount=brl(1_620), series=3),
                Part(label="运费" if zh else "Freight", amount=brl(872), series=2),
                Part(label="税" if zh else "Tax", amount=brl(491), series=5),
            ),
        ),
        fields=(
            Figure(
                label="来源主键" if zh else "Source key",
                value=Id("e481f51cbdc54678b7cc49136f2d6af7"),
            ),
            Figure(label="买家" if zh else "Buyer", value=Id("7c396fd4830fd04220f754e42b4e5bff")),
            Figure(
                label="预计送达" if zh else "Promised", value=date(2018, 9, 3), basis="observed"
            ),
            Figure(label="评分" if zh else "Review", value=5, basis="observed"),
            Figure(label="路径" if zh else "Path", value=Code("order:escrow")),
        ),
        timeline=(
            Moment(
                at=AT,
                title="下单" if zh else "Order placed",
                icon="receipt-text",
                basis="observed",
                detail="2 件商品" if zh else "2 items, promised for 3 Sep 2018",
            ),
            Moment(
                at=AT,
                title="付款进托管" if zh else "Paid into escrow",
                icon="wallet",
                tone="accent",
                amount=brl(14_971),
                basis="observed",
                legs=(Leg(source=Path("rail:card:clearing"), target=account, amount=brl(14_971)),),
            ),
            Moment(
                at=AT + timedelta(days=2),
                title="交承运商" if zh else "Handed to the carrier",
                icon="truck",
                basis="observed",
            ),
            Moment(
                at=AT + timedelta(days=4),
                title="清分放款" if zh else "Released and split",
                icon="hand-coins",
                tone="good",
                amount=brl(14_971),
                basis="assumed",
                legs=(
                    Leg(source=account, target=seller, amount=brl(11_988)),
                    Leg(source=account, target=Path("platform:commission"), amount=brl(1_620)),
                ),
            ),
            Moment(
                at=AT + timedelta(days=9),
                title="退款" if zh else "Refund",
                icon="undo-2",
                tone="warn",
                amount=brl(-500),
            ),
        ),
        tables=(
            Table(
                title="付款方式" if zh else "Tenders",
                columns=(
                    Column(title="方式" if zh else "Method"),
                    Column(title="金额" if zh else "Amount", align="end"),
                ),
                rows=(Row(cells=("credit_card", brl(14_171))), Row(cells=("voucher", brl(800)))),
                foot=(Row(cells=("合计" if zh else "Total", brl(14_971))),),
            ),
        ),
    )


def report(lang: str) -> AnalysisPage:
    zh = lang == "zh"
    weeks = tuple(date(2017, 1, 2) + timedelta(weeks=n) for n in range(86))
    waves = tuple(
        2_000_000 + 61_000 * n + (1_900_000 if n == 46 else 0) + (n * 7919 % 23) * 41_000
        for n in range(86)
    )
    classes = "托管 商家应付 平台收入 税" if zh else "escrow sellers platform tax"
    lorenz = tuple(Decimal(n) / 20 for n in range(21))
    return AnalysisPage(
        title="回放报告" if zh else "Replay report",
        lead="二十个月的订单历史，经生产代码重走一遍。"
        if zh
        else "Twenty months of orders, driven through the production code under their own clock.",
        period="2016-09-04 – 2018-10-17",
        crumbs=(
            Link("总览" if zh else "Overview", "/console"),
            Link("回放" if zh else "Replays", "/console/replays"),
        ),
        api_calls=(ApiCall(path="/v1/replays/demo/report"),),
        links=(
            Link(
                "保存 HTML" if zh else "Keep as HTML",
                "/console/replays/demo/report.html",
                "download",
            ),
        ),
        progress=Progress(
            label="回放进行中" if zh else "Replaying",
            done=15_211,
            total=23_496,
            per_s=Decimal(412),
            left=Span(20),
        ),
        figures=(
            Figure(
                label="成交额" if zh else "Volume",
                value=brl(381_122_740),
                basis="observed",
                hint="23,496",
            ),
            Figure(
                label="抽佣率" if zh else "Take rate",
                value=Share(Decimal("0.1204"), 2),
                basis="assumed",
            ),
            Figure(
                label="退款率" if zh else "Refunded",
                value=Share(Decimal("0.0121"), 2),
                basis="observed",
            ),
            Figure(
                label="付款到打款，中位" if zh else "Payment to payout, median",
                value=Span(1_630_000),
                basis="assumed",
            ),
            Figure(label="账平" if zh else "Books balance", value=Status("✓ 14:23:07", "good")),
        ),
        charts=(
            Chart(
                key="volume",
                question="每周成交多少？" if zh else "How much is sold each week?",
                wide=True,
                summary="最高的一周从 2017-11-20 开始。"
                if zh
                else "The best week began on 20 Nov 2017: R$47,060 on Black Friday.",
                x=weeks,
                x_title="周" if zh else "Week of",
                unit=Unit(kind="money", currency="BRL"),
                basis="observed",
                series=(Series(name="成交额" if zh else "Volume", values=waves, colour=1),),
                api_call=ApiCall(path="/v1/replays/demo/report?chart=volume"),
            ),
            Chart(
                key="held",
                question="有多少现金被占住？" if zh else "How much cash is tied up?",
                summary="…",
                x=weeks,
                x_title="周" if zh else "Week of",
                unit=Unit(kind="money", currency="BRL"),
                basis="assumed",
                hint="日末各类账户余额。"
                if zh
                else "Balances of each class at the end of the day.",
                series=tuple(
                    Series(
                        name=name,
                        shape="area",
                        stack="all",
                        colour=n + 1,
                        values=tuple(v // (n + 1) for v in waves),
                    )
                    for n, name in enumerate(classes.split())
                ),
            ),
            Chart(
                key="lorenz",
                question="销售有多集中？" if zh else "How concentrated are sales?",
                summary="前 10% 的商家占 68%。"
                if zh
                else "The top tenth of sellers make 68 % of sales.",
                shape="curve",
                x=lorenz,
                x_title="商家占比" if zh else "Share of sellers",
                unit=Unit(kind="share"),
                basis="observed",
                series=(
                    Series(
                        name="均等" if zh else "If all were equal",
                        shape="line",
                        values=lorenz,
                        colour=0,
                    ),
                    Series(
                        name="实际" if zh else "As it is",
                        shape="area",
                        values=tuple(x**4 for x in lorenz),
                        colour=1,
                    ),
                ),
            ),
            Chart(
                key="top",
                question="谁卖得最多？" if zh else "Who sells most?",
                summary="…",
                shape="ranked",
                x=tuple(f"4869f7a5dfa277a7dca6462dcc{n:02d}" for n in range(10)),
                x_title="商家" if zh else "Seller",
                unit=Unit(kind="money", currency="BRL"),
                basis="observed",
                series=(
                    Series(
                        name="成交额" if zh else "Sales",
                        values=tuple(9_000_000 // (n + 1) for n in range(10)),
                        colour=1,
                    ),
                ),
            ),
            Chart(
                key="days",
                question="付款后多久打款？" if zh else "How long from payment to payout?",
                summary="…",
                x=tuple(str(n) for n in range(1, 31)),
                x_title="天" if zh else "Days",
                unit=Unit(kind="count"),
                basis="assumed",
                series=(
                    Series(
                        name="订单" if zh else "Orders",
                        values=tuple(900 - abs(n - 14) * 55 for n in range(30)),
                        colour=1,
                    ),
                ),
            ),
        ),
        tables=(
            Table(
                title="异常与规则" if zh else "Anomalies and their rules",
                columns=(
                    Column(title="异常" if zh else "Anomaly", wide=True),
                    Column(title="数量" if zh else "Count", align="end"),
                    Column(title="规则" if zh else "Rule", wide=True),
                    Column(title="来源" if zh else "Basis"),
                ),
                rows=(
                    Row(
                        cells=(
                            "付款与商品加运费不符"
                            if zh
                            else "Tenders differ from items and freight",
                            146,
                            "差额记入舍入账户"
                            if zh
                            else "The difference goes to the rounding account",
                            Code("tender_mismatch"),
                        )
                    ),
                ),
            ),
        ),
        notes=(
            "这是约 24% 的样本。"
            if zh
            else "A sample of about 24 % of the original: repeat buyers are thinner than in truth.",
        ),
    )


def pages(lang: str) -> dict[str, tuple[Page, str]]:
    """Name to page and its place in the menu."""
    return {
        "list": (orders(lang), "orders"),
        "empty": (nothing(lang), "orders"),
        "object": (order(lang), "orders"),
        "analysis": (report(lang), "replays"),
    }
