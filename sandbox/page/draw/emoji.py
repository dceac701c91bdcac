"""Emoji by the names Slack gives them. A name that isn't here stays as it is written."""

import re
from functools import cache

from markupsafe import Markup

_TABLE = """
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 wave 👋 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 handshake 🤝 ok_hand 👌
point_up ☝️ point_down 👇 point_left 👈 point_right 👉 v ✌️ crossed_fingers 🤞 writing_hand ✍️
raised_hand ✋ eyes 👀 smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 rofl 🤣 wink 😉 blush 😊
slightly_smiling_face 🙂 upside_down_face 🙃 heart_eyes 😍 star-struck 🤩 sunglasses 😎 thinking_face 🤔
neutral_face 😐 face_with_rolling_eyes 🙄 smirk 😏 relieved 😌 sleeping 😴 confused 😕 worried 😟 cry 😢
sob 😭 scream 😱 sweat_smile 😅 sweat 😓 angry 😠 rage 😡 disappointed 😞 exploding_head 🤯 partying_face 🥳
shushing_face 🤫 hugging_face 🤗 nerd_face 🤓 skull 💀 ghost 👻 robot_face 🤖 shrug 🤷 facepalm 🤦 heart ❤️
blue_heart 💙 green_heart 💚 yellow_heart 💛 purple_heart 💜 black_heart 🖤 broken_heart 💔 tada 🎉
confetti_ball 🎊 balloon 🎈 gift 🎁 birthday 🎂 cake 🍰 champagne 🍾 beers 🍻 coffee ☕ tea 🍵 pizza 🍕 taco 🌮
doughnut 🍩 cookie 🍪 popcorn 🍿 apple 🍎 trophy 🏆 medal 🏅 first_place_medal 🥇 second_place_medal 🥈
third_place_medal 🥉 star ⭐ star2 🌟 sparkles ✨ fire 🔥 boom 💥 zap ⚡ rainbow 🌈 sunny ☀️ cloud ☁️
rain_cloud 🌧️ snowflake ❄️ umbrella ☔ ocean 🌊 rocket 🚀 airplane ✈️ car 🚗 ship 🚢 construction 🚧
rotating_light 🚨 traffic_light 🚦 white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌
negative_squared_cross_mark ❎ heavy_plus_sign ➕ heavy_minus_sign ➖ warning ⚠️ no_entry ⛔
no_entry_sign 🚫 exclamation ❗ heavy_exclamation_mark ❗ question ❓ grey_question ❔ grey_exclamation ❕
bangbang ‼️ information_source ℹ️ recycle ♻️ 100 💯 one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣
six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 zero 0️⃣ arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️
arrow_right ➡️ arrow_upper_right ↗️ arrow_lower_right ↘️ arrows_counterclockwise 🔄 repeat 🔁 new 🆕
free 🆓 up 🆙 cool 🆒 ok 🆗 sos 🆘 red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡
large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫
large_red_square 🟥 large_green_square 🟩 large_blue_square 🟦 large_yellow_square 🟨
chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 calendar 📆 date 📅
spiral_calendar_pad 🗓️ alarm_clock ⏰ stopwatch ⏱️ hourglass ⌛ hourglass_flowing_sand ⏳ clock1 🕐
clock3 🕒 clock9 🕘 watch ⌚ bell 🔔 no_bell 🔕 mega 📣 loudspeaker 📢 speech_balloon 💬 thought_balloon 💭
left_speech_bubble 🗨️ email 📧 envelope ✉️ incoming_envelope 📨 inbox_tray 📥 outbox_tray 📤 package 📦
label 🏷️ bookmark 🔖 pushpin 📌 round_pushpin 📍 paperclip 📎 link 🔗 memo 📝 pencil 📝 pencil2 ✏️
clipboard 📋 file_folder 📁 open_file_folder 📂 page_facing_up 📄 books 📚 book 📖 newspaper 📰 scroll 📜
mag 🔍 mag_right 🔎 key 🔑 lock 🔒 unlock 🔓 hammer 🔨 wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️
nut_and_bolt 🔩 electric_plug 🔌 battery 🔋 bulb 💡 computer 💻 desktop_computer 🖥️ keyboard ⌨️ phone ☎️
iphone 📱 telephone_receiver 📞 camera 📷 movie_camera 🎥 tv 📺 headphones 🎧 microphone 🎤 musical_note 🎵
art 🎨 dart 🎯 game_die 🎲 jigsaw 🧩 crystal_ball 🔮 moneybag 💰 money_with_wings 💸 dollar 💵 euro 💶
credit_card 💳 gem 💎 scales ⚖️ shield 🛡️ seedling 🌱 herb 🌿 four_leaf_clover 🍀 evergreen_tree 🌲
cactus 🌵 tulip 🌷 sunflower 🌻 dog 🐶 cat 🐱 bug 🐛 bee 🐝 turtle 🐢 snail 🐌 unicorn_face 🦄 whale 🐳
octopus 🐙 penguin 🐧 owl 🦉 hatching_chick 🐣 baby 👶 bust_in_silhouette 👤 busts_in_silhouette 👥
office 🏢 house 🏠 factory 🏭 bank 🏦 school 🏫 earth_africa 🌍 earth_americas 🌎 world_map 🗺️ mountain 🏔️
beach_with_umbrella 🏖️ checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ black_flag 🏴
"""
_WORDS = _TABLE.split()
NAMES = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))


def drawn(text: str) -> Markup:
    """Text with its emoji names drawn; everything else in it is data."""
    parts = _named().split(text)
    return Markup("").join(symbol(name) if i % 2 else name for i, name in enumerate(parts))


def words(text: str) -> str:
    """The same where only characters can stand: placeholders, options of a native menu."""
    return _named().sub(lambda found: _character(found[1]), text)


def symbol(name: str) -> Markup:
    """One emoji that has a picture here."""
    draw = Markup('<span class="emoji" role="img" aria-label="{0}" title=":{1}:">{2}</span>')
    return draw.format(name.partition("::")[0].replace("_", " "), name, _character(name))


def known(name: str) -> bool:
    return bool(_named().fullmatch(f":{name}:"))


def _character(name: str) -> str:
    plain, _, tone = name.partition("::skin-tone-")
    return NAMES[plain] + (chr(0x1F3F9 + int(tone)) if tone else "")


@cache
def _named() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(NAMES, key=len, reverse=True))
    return re.compile(rf":((?:{names})(?:::skin-tone-[2-6])?):")
