"""What the demo company sells, where, from whom and to whom. Names read in Chinese and English."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

COMPANY = {
    "name": "海港日用品 · Harbour Daily Goods",
    "currency": "CNY",
    "address": "上海市浦东新区海港路 88 号 · 88 Harbour Road, Shanghai",
    "phone": "021-5550-0188",
    "email": "sales@harbour.example",
    "tax_number": "91310000DEMO88188X",
}
STREETS = ["上海市徐汇区湖滨路", "杭州市西湖区文一路", "苏州市姑苏区人民路", "南京市鼓楼区中山路", "宁波市海曙区望湖街"]
# category, goods, base price in yuan of the smallest size, share of the price that it costs
GOODS: dict[str, tuple[list[str], float, float]] = {
    "洗护 · Hair & body care": (
        ["洗发水 · Shampoo", "护发素 · Conditioner", "沐浴露 · Body wash", "香皂 · Soap"],
        18,
        0.62,
    ),
    "口腔 · Oral care": (
        ["牙膏 · Toothpaste", "牙刷 · Toothbrush", "漱口水 · Mouthwash", "牙线 · Dental floss"],
        9,
        0.55,
    ),
    "纸品 · Paper": (
        ["抽纸 · Tissues", "卷纸 · Toilet paper", "厨房纸 · Kitchen towels", "湿巾 · Wet wipes"],
        14,
        0.72,
    ),
    "洗衣 · Laundry": (
        ["洗衣液 · Detergent", "柔顺剂 · Softener", "洗衣皂 · Laundry soap", "漂白剂 · Bleach"],
        22,
        0.66,
    ),
    "清洁 · Cleaning": (
        ["洗洁精 · Dish soap", "洁厕液 · Toilet cleaner", "玻璃水 · Glass cleaner", "抹布 · Cloths"],
        12,
        0.60,
    ),
    "粮油 · Staples": (
        ["大米 · Rice", "食用油 · Cooking oil", "面粉 · Flour", "挂面 · Noodles"],
        35,
        0.80,
    ),
    "调味 · Seasoning": (
        ["酱油 · Soy sauce", "醋 · Vinegar", "食盐 · Salt", "辣酱 · Chilli sauce"],
        10,
        0.68,
    ),
    "零食 · Snacks": (
        ["饼干 · Biscuits", "薯片 · Crisps", "坚果 · Nuts", "糖果 · Sweets"],
        13,
        0.58,
    ),
    "饮料 · Drinks": (
        ["矿泉水 · Water", "果汁 · Juice", "茶饮 · Iced tea", "咖啡 · Coffee"],
        6,
        0.64,
    ),
    "礼盒 · Gift boxes": (
        ["坚果礼盒 · Nut gift box", "茶叶礼盒 · Tea gift box", "糕点礼盒 · Cake gift box"],
        98,
        0.52,
    ),
    "母婴 · Baby": (
        ["纸尿裤 · Nappies", "奶瓶 · Baby bottle", "婴儿湿巾 · Baby wipes", "米粉 · Baby cereal"],
        48,
        0.70,
    ),
    "宠物 · Pets": (
        ["猫粮 · Cat food", "狗粮 · Dog food", "猫砂 · Cat litter", "宠物零食 · Treats"],
        42,
        0.67,
    ),
    "家居 · Home": (
        ["收纳箱 · Storage box", "衣架 · Hangers", "保温杯 · Flask", "雨伞 · Umbrella"],
        25,
        0.50,
    ),
    "夏季 · Summer": (
        ["防晒霜 · Sunscreen", "花露水 · Floral water", "蚊香 · Mosquito coils", "凉席 · Bamboo mat"],
        28,
        0.54,
    ),
    "冬季 · Winter": (
        ["暖宝宝 · Heat packs", "护手霜 · Hand cream", "润唇膏 · Lip balm", "保暖手套 · Gloves"],
        16,
        0.52,
    ),
}
SIZES = ["S", "M", "L", "XL", "家庭装 · family", "旅行装 · travel", "升级版 · plus"]
PATTERNS = ["smooth", "seasonal", "promoted", "intermittent", "new", "dying"]
PATTERN_SHARES = [0.34, 0.18, 0.14, 0.20, 0.07, 0.07]

WAREHOUSES = [
    ("SH", "上海仓 · Shanghai", "上海市松江区 · Songjiang, Shanghai", 0.55),
    ("GZ", "广州仓 · Guangzhou", "广州市白云区 · Baiyun, Guangzhou", 0.28),
    ("CD", "成都仓 · Chengdu", "成都市双流区 · Shuangliu, Chengdu", 0.17),
]
CHANNELS = [("desk", "销售台 · Sales desk"), ("web", "网店 · Web shop"), ("market", "电商平台 · Marketplace")]
SUPPLIERS = [
    "晨光日化 · Morning Light", "江南纸业 · Jiangnan Paper", "海洋清洁 · Ocean Clean", "金穗粮油 · Golden Ear",
    "老味道食品 · Old Taste", "清泉饮品 · Clear Spring", "贝贝母婴 · Little One", "乐宠 · Happy Pet",
    "雅居家品 · Fine Home", "四季用品 · Four Seasons", "福礼坊 · Gift House", "远东贸易 · Far East Trading",
]  # fmt: skip
SURNAMES = ["利民", "家家福", "好又来", "惠万家", "新世纪", "万客隆", "永丰", "同心", "百汇", "康乐"]
KINDS = ["超市 · Supermarket", "便利店 · Corner shop", "批发部 · Wholesale", "食堂 · Canteen", "酒店 · Hotel"]

PALLET = 240  # pieces; whole packs of every size


@dataclass(frozen=True, slots=True)
class Item:
    """One product of the demo, with what its demand and its purchase look like."""

    sku: str
    name: str
    category: str
    barcode: str
    price: Decimal
    unit_cost: Decimal
    pattern: str
    supplier: int
    moq: int
    order_multiple: int
    pallet: int | None
    lines_per_day: float
    pieces_per_line: float


def items(count: int, rng: np.random.Generator) -> list[Item]:
    """``count`` products, spread over the categories; a few sell most of the volume, as everywhere."""
    names = [(category, good) for category, (goods, _p, _c) in GOODS.items() for good in goods]
    popularity = rng.permutation(1 / np.arange(1, count + 1) ** 0.75)
    popularity /= popularity.sum()
    on_pallets = set(np.argsort(-popularity)[:2].tolist())
    result = []
    for n in range(count):
        category, good = names[n % len(names)]
        size = n // len(names)
        _goods, base, share = GOODS[category]
        price = round(base * (1 + 0.6 * size) * float(rng.uniform(0.8, 1.25)), 1)
        pattern = str(rng.choice(PATTERNS, p=PATTERN_SHARES))
        if category.startswith(("夏季", "冬季", "礼盒")):
            pattern = "seasonal"
        pack = int(rng.choice([1, 6, 12, 24]))
        result.append(
            Item(
                sku=f"TD-{n + 1:04d}",
                name=f"{good} {SIZES[size % len(SIZES)]}",
                category=category,
                barcode=f"69{n + 1:011d}",
                price=Decimal(str(price)),
                unit_cost=Decimal(str(round(price * share * float(rng.uniform(0.92, 1.06)), 4))),
                pattern=pattern,
                supplier=list(GOODS).index(category) % len(SUPPLIERS),
                moq=pack * int(rng.choice([1, 2, 4])),
                order_multiple=pack,
                pallet=PALLET if n in on_pallets else None,
                lines_per_day=float(popularity[n]),
                pieces_per_line=float(rng.choice([2, 3, 6, 10, 15])),
            )
        )
    return result
