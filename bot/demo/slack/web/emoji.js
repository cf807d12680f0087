// Shortcodes that people and apps use most, as real emoji.

const NAMES = `+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|tada 🎉|rocket 🚀|fire 🔥|eyes 👀|white_check_mark ✅|heavy_check_mark ✔️
ballot_box_with_check ☑️|x ❌|warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑|exclamation ❗|question ❓
grey_question ❔|grey_exclamation ❕|bangbang ‼️|information_source ℹ️|bulb 💡|sparkles ✨|star ⭐|star2 🌟|zap ⚡|boom 💥
large_green_circle 🟢|large_yellow_circle 🟡|large_orange_circle 🟠|red_circle 🔴|large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_brown_circle 🟤
large_green_square 🟩|large_yellow_square 🟨|large_orange_square 🟧|large_red_square 🟥|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛|small_blue_diamond 🔹|small_orange_diamond 🔸
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|clipboard 📋|memo 📝|pencil 📝|pencil2 ✏️|books 📚|book 📖|bookmark 🔖
mag 🔍|mag_right 🔎|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|bell 🔔|no_bell 🔕|mute 🔇|loud_sound 🔊|mega 📣|loudspeaker 📢
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|timer_clock ⏲️|alarm_clock ⏰|clock1 🕐|clock3 🕒|clock9 🕘|calendar 📅|date 📅|spiral_calendar_pad 🗓️
arrow_up ⬆️|arrow_down ⬇️|arrow_right ➡️|arrow_left ⬅️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrows_counterclockwise 🔄|repeat 🔁|left_right_arrow ↔️
arrow_forward ▶️|pause_button ⏸️|double_vertical_bar ⏸️|black_square_for_stop ⏹️|fast_forward ⏩|rewind ⏪|track_next ⏭️|recycle ♻️|heavy_plus_sign ➕|heavy_minus_sign ➖
robot_face 🤖|wave 👋|pray 🙏|clap 👏|muscle 💪|ok_hand 👌|point_right 👉|point_down 👇|point_up ☝️|raised_hands 🙌|handshake 🤝|raising_hand 🙋|see_no_evil 🙈|man-shrugging 🤷‍♂️|woman-shrugging 🤷‍♀️|shrug 🤷
smile 😄|smiley 😃|grin 😁|grinning 😀|slightly_smiling_face 🙂|wink 😉|joy 😂|rolling_on_the_floor_laughing 🤣|thinking_face 🤔|sweat_smile 😅|sob 😭|cry 😢|disappointed 😞|sunglasses 😎|heart_eyes 😍|partying_face 🥳|face_with_raised_eyebrow 🤨|exploding_head 🤯|scream 😱|sleeping 😴|zzz 💤|skull 💀|ghost 👻|nerd_face 🤓|neutral_face 😐|confused 😕|worried 😟|relieved 😌|upside_down_face 🙃|melting_face 🫠|saluting_face 🫡
heart ❤️|green_heart 💚|yellow_heart 💛|blue_heart 💙|purple_heart 💜|broken_heart 💔|100 💯|gem 💎|trophy 🏆|first_place_medal 🥇|second_place_medal 🥈|third_place_medal 🥉|medal 🏅|dart 🎯|checkered_flag 🏁|triangular_flag_on_post 🚩
gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|toolbox 🧰|key 🔑|lock 🔒|unlock 🔓|shield 🛡️|package 📦|inbox_tray 📥|outbox_tray 📤|file_folder 📁|open_file_folder 📂|wastebasket 🗑️|floppy_disk 💾|computer 💻|desktop_computer 🖥️|satellite 🛰️|battery 🔋|electric_plug 🔌|thermometer 🌡️
seedling 🌱|deciduous_tree 🌳|evergreen_tree 🌲|leaves 🍃|snowflake ❄️|ice_cube 🧊|sunny ☀️|partly_sunny ⛅|cloud ☁️|rain_cloud 🌧️|thunder_cloud_and_rain ⛈️|tornado 🌪️|ocean 🌊|rainbow 🌈|sunrise 🌅|coffee ☕|beer 🍺|pizza 🍕|cake 🍰
bug 🐛|turtle 🐢|snail 🐌|rabbit2 🐇|whale 🐳|unicorn_face 🦄|dog 🐶|cat 🐱|penguin 🐧|butterfly 🦋|eagle 🦅|owl 🦉|microscope 🔬|telescope 🔭|test_tube 🧪|dna 🧬|alembic ⚗️|crystal_ball 🔮|brain 🧠|abacus 🧮|scales ⚖️|balance_scale ⚖️|speech_balloon 💬|thought_balloon 💭|inbox 📥|new 🆕|ok 🆗|sos 🆘|up 🆙|cool 🆒|free 🆓|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|hospital 🏥|ambulance 🚑|adhesive_bandage 🩹|stethoscope 🩺|pill 💊|headstone 🪦|crossed_swords ⚔️|knife 🔪|door 🚪|ladder 🪜|roller_coaster 🎢|mountain 🏔️|crescent_moon 🌙|new_moon 🌑|full_moon 🌕|earth_africa 🌍`;

export const EMOJI = Object.fromEntries(NAMES.split(/[|\n]/).map((pair) => {
  const space = pair.lastIndexOf(" ");
  return [pair.slice(0, space), pair.slice(space + 1)];
}));

/** The emoji of a shortcode, or the shortcode itself. */
export function emoji(name) {
  return EMOJI[name.split("::")[0]] ?? `:${name}:`;
}
