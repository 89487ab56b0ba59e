"""Words and levels of the generated marketplace: goods by category, shops, cities, reviews."""

from __future__ import annotations

from typing import NamedTuple


class Category(NamedTuple):
    """A category: its weight among orders, the usual price in minor units and its spread, the
    usual weight of a parcel, and how often in a thousand its goods come back."""

    name: str
    share: int
    price_minor: int
    spread: float
    weight_g: int
    returned_per_mille: int
    goods: tuple[str, ...]


CATEGORIES = (
    Category(
        "服饰 Apparel",
        20,
        15_900,
        0.55,
        450,
        118,
        (
            "棉质衬衫 Cotton shirt",
            "直筒牛仔裤 Straight jeans",
            "针织开衫 Knit cardigan",
            "轻薄羽绒服 Light down jacket",
            "连衣裙 Dress",
            "运动卫衣 Sweatshirt",
        ),
    ),
    Category(
        "鞋靴 Shoes",
        8,
        25_900,
        0.45,
        900,
        96,
        ("跑步鞋 Running shoes", "帆布鞋 Canvas shoes", "皮鞋 Leather shoes", "短靴 Ankle boots"),
    ),
    Category(
        "食品 Food",
        16,
        5_900,
        0.5,
        1_200,
        14,
        (
            "坚果礼盒 Nut box",
            "高山绿茶 Mountain green tea",
            "冷榨菜籽油 Rapeseed oil",
            "手工面 Handmade noodles",
            "蜂蜜 Honey",
            "五常大米 Wuchang rice",
        ),
    ),
    Category(
        "生鲜 Fresh",
        8,
        8_900,
        0.45,
        2_500,
        30,
        (
            "赣南脐橙 Gannan oranges",
            "阳澄湖大闸蟹 Hairy crabs",
            "冷鲜牛肉 Chilled beef",
            "大连樱桃 Dalian cherries",
        ),
    ),
    Category(
        "美妆 Beauty",
        13,
        16_900,
        0.6,
        250,
        38,
        (
            "补水面膜 Face masks",
            "防晒乳 Sunscreen",
            "氨基酸洁面 Cleanser",
            "口红 Lipstick",
            "精华液 Serum",
        ),
    ),
    Category(
        "家居 Home",
        12,
        12_900,
        0.7,
        1_800,
        47,
        (
            "纯棉四件套 Cotton bedding",
            "收纳箱 Storage box",
            "乳胶枕 Latex pillow",
            "台灯 Desk lamp",
            "羊毛地毯 Wool rug",
        ),
    ),
    Category(
        "母婴 Baby",
        8,
        13_900,
        0.5,
        1_500,
        33,
        ("婴儿纸尿裤 Nappies", "儿童绘本 Picture books", "奶瓶 Baby bottle", "积木 Blocks"),
    ),
    Category(
        "数码 Electronics",
        9,
        69_900,
        0.95,
        700,
        52,
        (
            "蓝牙耳机 Earphones",
            "机械键盘 Keyboard",
            "平板电脑 Tablet",
            "移动电源 Power bank",
            "智能手表 Watch",
        ),
    ),
    Category(
        "家电 Appliances",
        4,
        89_900,
        0.8,
        5_500,
        41,
        (
            "空气炸锅 Air fryer",
            "扫地机器人 Robot cleaner",
            "电饭煲 Rice cooker",
            "吹风机 Hair dryer",
        ),
    ),
    Category(
        "图书 Books",
        2,
        4_500,
        0.4,
        500,
        11,
        ("长篇小说 Novel", "历史读本 History", "儿童科普 Science for children"),
    ),
)

KINDS_OF_GOODS = ("", "经典款 Classic", "新款 New", "大号 Large", "小号 Small", "礼盒装 Gift box")
SHOP_WORDS = (
    "青禾 Qinghe",
    "云栖 Yunqi",
    "南巷 Nanxiang",
    "山月 Shanyue",
    "拾光 Shiguang",
    "白鹭 Bailu",
    "松间 Songjian",
    "渡口 Dukou",
    "橘子 Juzi",
    "北屿 Beiyu",
    "春山 Chunshan",
    "半夏 Banxia",
    "溪谷 Xigu",
    "晴川 Qingchuan",
    "长街 Changjie",
    "木禾 Muhe",
    "星野 Xingye",
    "小满 Xiaoman",
)
SHOP_ENDS = ("旗舰店 Flagship", "专营店 Store", "小铺 Corner", "工坊 Workshop", "优选 Select")

# City, region, first digits of the postcode, share among buyers, days of transit more than usual.
CITIES = (
    ("上海", "上海", "200", 9, 0), ("北京", "北京", "100", 8, 0), ("深圳", "广东", "518", 7, 0),
    ("广州", "广东", "510", 7, 0), ("杭州", "浙江", "310", 7, 0), ("成都", "四川", "610", 6, 1),
    ("重庆", "重庆", "400", 5, 1), ("苏州", "江苏", "215", 5, 0), ("武汉", "湖北", "430", 5, 0),
    ("南京", "江苏", "210", 4, 0), ("西安", "陕西", "710", 4, 1), ("郑州", "河南", "450", 4, 0),
    ("长沙", "湖南", "410", 4, 0), ("青岛", "山东", "266", 3, 0), ("天津", "天津", "300", 3, 0),
    ("合肥", "安徽", "230", 3, 0), ("厦门", "福建", "361", 3, 0), ("沈阳", "辽宁", "110", 2, 1),
    ("昆明", "云南", "650", 2, 1), ("南宁", "广西", "530", 2, 1), ("哈尔滨", "黑龙江", "150", 2, 2),
    ("贵阳", "贵州", "550", 2, 1), ("兰州", "甘肃", "730", 1, 2), ("海口", "海南", "570", 1, 2),
    ("乌鲁木齐", "新疆", "830", 1, 4),
)  # fmt: skip

CARRIERS = ("顺丰 SF", "中通 ZTO", "圆通 YTO", "韵达 Yunda", "京东 JD", "邮政 EMS")
RETURN_REASONS = (
    "尺寸不合适 Wrong size",
    "与描述不符 Not as described",
    "破损 Damaged",
    "不喜欢 Changed mind",
)
COMMENTS = {
    5: ("很好，会回购 Very good", "物流快，包装用心 Fast and well packed", ""),
    4: ("不错 Good", "比想象中好 Better than expected", ""),
    3: ("一般 Average", ""),
    2: ("等太久了 Waited too long", "与图片有差别 Not like the picture"),
    1: ("很失望 Disappointed", "质量差 Poor quality"),
}
